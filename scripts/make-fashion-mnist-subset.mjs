// @ts-check
// Makes the four files of packages/data/fashion-mnist-subset/data from a folder with the whole of Fashion-MNIST (.gz or
// not): the first 1,000 training and 200 test images of each class, in the order of the data set. Build first (`pnpm
// build`).
//   node scripts/make-fashion-mnist-subset.mjs <folder>
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constants, gzipSync } from 'node:zlib'

// By computed paths, so that types come from the sources, which need no build.
const packages = new URL('../packages/', import.meta.url)
/** @type {typeof import('../packages/data/batches/src/index.ts')} */
const { firstOfEachClass, select } = await import(new URL('data/batches/dist/index.js', packages).href)
/** @type {typeof import('../packages/formats/idx/src/index.ts')} */
const { decodeFile, encode } = await import(new URL('formats/idx/dist/index.js', packages).href)

const [folder] = process.argv.slice(2)
if (folder === undefined)
  throw new Error('usage: node scripts/make-fashion-mnist-subset.mjs <folder with the four files of Fashion-MNIST>')
const target = fileURLToPath(new URL('../packages/data/fashion-mnist-subset/data/', import.meta.url))
mkdirSync(target, { recursive: true })

const valueOf = (either) => {
  if (either._tag === 'Left') throw new Error(either.left.message)
  return either.right
}
const read = async (name) => {
  const path = [name, `${name}.gz`].map((file) => join(folder, file)).find(existsSync)
  if (path === undefined) throw new Error(`${folder} has neither ${name} nor ${name}.gz`)
  return valueOf(await decodeFile(readFileSync(path))())
}
const write = (name, idx) => {
  const bytes = valueOf(encode(idx))
  const path = join(target, `${name}.gz`)
  writeFileSync(`${path}.part`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION, memLevel: 9 }))
  renameSync(`${path}.part`, path)
  console.log(`${createHash('sha256').update(bytes).digest('hex')}  ${name}`)
}

for (const [part, perClass] of /** @type {const} */ ([
  ['train', 1000],
  ['t10k', 200],
])) {
  const images = await read(`${part}-images-idx3-ubyte`)
  const labels = await read(`${part}-labels-idx1-ubyte`)
  /** @type {import('../packages/data/batches/src/index.ts').ImageSet} */
  const set = {
    images: images.data,
    labels: labels.data,
    shape: [28, 28, 1],
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
  }
  const subset = select(set, firstOfEachClass(set, perClass))
  write(`${part}-images-idx3-ubyte`, { type: 'uint8', shape: [subset.labels.length, 28, 28], data: subset.images })
  write(`${part}-labels-idx1-ubyte`, { type: 'uint8', shape: [subset.labels.length], data: subset.labels })
}
