// `node import.mjs <entry>…` prints for each entry the names that `import` gives.
const names = async (entry) => [entry, Object.keys(await import(entry)).sort()]

console.log(JSON.stringify(Object.fromEntries(await Promise.all(process.argv.slice(2).map(names)))))
