// CommonJS can require every entry: the packages are ES modules without top-level await.
// `node require.cjs <entry>…` prints for each entry the names that `require` gives.
const names = (entry) =>
  Object.keys(require(entry))
    .filter((name) => name !== '__esModule' && name !== 'default')
    .sort()

console.log(JSON.stringify(Object.fromEntries(process.argv.slice(2).map((entry) => [entry, names(entry)]))))
