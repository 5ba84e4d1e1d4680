/** How each part of an object is made from what it is given, by the part's name. */
export type Makers<Shape extends object, Given> = {
  readonly [Name in keyof Shape]: (given: Given) => Shape[Name]
}

/**
 * Makes objects of many parts, of which few are ever asked for: each is made when that happens, and stays the same. They
 * are frozen, and have all of their parts by name, so that they can be taken apart and spread.
 */
export function defineFacade<Shape extends object, Given>(
  makers: Makers<Shape, Given>,
): (given: Given) => Shape {
  const byName = new Map<PropertyKey, (given: Given) => unknown>(Object.entries(makers))
  const names = Object.freeze(Object.defineProperties({}, accessorsOf(byName.keys()))) as Shape
  return (given) => new Proxy(names, new Parts(byName, given))
}

/** What a frozen object has as a value, its proxy must answer as it is; of an accessor it may answer anything. */
function accessorsOf(names: Iterable<PropertyKey>): PropertyDescriptorMap {
  return Object.fromEntries([...names].map((name) => [name, { enumerable: true, get: () => undefined }]))
}

/** What it was given is private: whoever inspects the proxy is shown this. */
class Parts<Shape extends object, Given> implements ProxyHandler<Shape> {
  readonly #makers: ReadonlyMap<PropertyKey, (given: Given) => unknown>
  readonly #given: Given
  readonly #made = new Map<PropertyKey, unknown>()

  constructor(makers: ReadonlyMap<PropertyKey, (given: Given) => unknown>, given: Given) {
    this.#makers = makers
    this.#given = given
  }

  get(names: Shape, name: PropertyKey): unknown {
    const known = this.#made.get(name)
    if (known !== undefined) return known
    const make = this.#makers.get(name)
    if (make === undefined) return Reflect.get(names, name)
    const made = make(this.#given)
    this.#made.set(name, made)
    return made
  }
}
