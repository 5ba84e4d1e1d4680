// Plain JavaScript: an old Node must get as far as this sentence.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 22)) {
  console.error(
    `user-engine needs Node 22.22 or newer; this is ${process.version}. Without installing anything:\n` +
      '  npx -y -p node@24 -p pnpm@12 pnpm test',
  )
  process.exit(1)
}
