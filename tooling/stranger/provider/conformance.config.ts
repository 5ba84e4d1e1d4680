import { target } from './target.ts'

export default { target }
