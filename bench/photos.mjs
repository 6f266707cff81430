// @ts-check
// `node photos.mjs THREADS [PHOTO…]`: how many JPEG images a second the loader feeds, and what each stage takes of the
// processor. The files are cuts of the photos, or of a generated picture. README.md says more.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { augment } from '@resfn/augment'
import { streamedBatches, streamedInOrder } from '@resfn/batches'
import { decodeImage } from '@resfn/decode-image'
import { fileSource, readBytes, startReaders } from '@resfn/image-loader'
import { fitPixels, standardise } from '@resfn/preprocessing'
import { fold, key, normal } from '@resfn/random'
import sharp from 'sharp'

const files = 48
/** Each file so often in a pass, so that its end and its beginning weigh little. */
const times = 4
const passes = 5

/** @type {import('@resfn/preprocessing').Preprocessing} */
const preprocessing = {
  size: [224, 224],
  channels: 3,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  interpolation: 'bicubic',
  cropFraction: 0.875,
  cropMode: 'center',
}
const training = { preprocessing, augmentation: { crop: {}, mirror: true } }
const evaluation = { preprocessing }

const median = (/** @type {readonly number[]} */ values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN
const processor = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** A picture as rich as a photograph: noise of all sizes, each half as strong as the one twice as large. */
const generated = async () => {
  const [width, height] = [1024, 768]
  const sum = new Float32Array(width * height * 3)
  for (let level = 2; level <= 8; level++) {
    const [across, down] = [2 ** level, 2 ** level]
    const small = Uint8Array.from(normal(fold(key(7), level), across * down * 3), (x) => 128 + 40 * x)
    const large = await sharp(small, { raw: { width: across, height: down, channels: 3 } })
      .resize(width, height, { fit: 'fill' })
      .raw()
      .toBuffer()
    large.forEach((value, i) => (sum[i] = (sum[i] ?? 0) + (value - 128) * 2 ** (2 - level)))
  }
  const bytes = Uint8Array.from(sum, (value) => Math.max(0, Math.min(255, 128 + value)))
  return sharp(bytes, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}

/** Writes cuts of pictures as JPEG files. */
const cuts = async (
  /** @type {string} */ folder,
  /** @type {readonly Buffer[]} */ pictures,
  /** @type {{ width: number, height: number, quality: number }} */ { width, height, quality },
) => {
  const paths = []
  for (let i = 0; i < files; i++) {
    const picture = sharp(pictures[i % pictures.length])
    const size = await picture.metadata()
    // Between the whole picture and a cut in its own size.
    const least = Math.max(width / size.width, height / size.height)
    const scale = Math.max(least, least ** (1 - (i % 4) / 4))
    const [w, h] = [Math.ceil(size.width * scale), Math.ceil(size.height * scale)]
    const left = Math.floor(((w - width) * (i % 7)) / 6)
    const top = Math.floor(((h - height) * (i % 5)) / 4)
    const cut = await picture
      .resize(w, h, { fit: 'fill' })
      .extract({ left, top, width, height })
      .jpeg({ quality })
      .toBuffer()
    const path = join(folder, `${width}-${i}.jpg`)
    writeFileSync(path, cut)
    paths.push(path)
  }
  return paths
}

/** Medians of the milliseconds of the processor that each stage takes of an image, one after the other. */
const stages = async (/** @type {readonly string[]} */ paths) => {
  /** @type {{ [name: string]: number[] }} */
  const taken = {}
  const timed = async (/** @type {string} */ name, /** @type {(i: number) => unknown} */ stage) => {
    const start = processor()
    for (let i = 0; i < paths.length; i++) await stage(i)
    ;(taken[name] ??= []).push((processor() - start) / paths.length)
  }
  const bytes = paths.map((path) => new Uint8Array(readFileSync(path)))
  const pixels = await Promise.all(
    bytes.map(async (each) => {
      const found = await decodeImage(each)()
      if (found._tag === 'Left') throw new Error(found.left.message)
      return found.right
    }),
  )
  const seen = pixels.map((each) => fitPixels(each, preprocessing))
  const { augmentation } = training
  for (let pass = 0; pass < passes; pass++) {
    await timed('read', (i) => readBytes(/** @type {string} */ (paths[i]))())
    await timed('decode', (i) => decodeImage(/** @type {Uint8Array} */ (bytes[i]))())
    await timed('fit', (i) => fitPixels(/** @type {typeof pixels[0]} */ (pixels[i]), preprocessing))
    await timed('augment', (i) =>
      augment(/** @type {typeof pixels[0]} */ (pixels[i]), preprocessing, augmentation, fold(key(pass), i)),
    )
    await timed('standardise', (i) => standardise(/** @type {typeof seen[0]} */ (seen[i]), preprocessing))
  }
  return Object.entries(taken).map(([name, values]) => `${name} ${median(values).toFixed(2)}`)
}

/** Images a second, and milliseconds of the processor of an image: medians over passes. */
const fed = async (
  /** @type {number} */ threads,
  /** @type {readonly string[]} */ cutPaths,
  /** @type {'training' | 'evaluation'} */ kind,
) => {
  const paths = Array.from({ length: times }, () => cutPaths).flat()
  const readers = startReaders(threads)
  const labels = new Uint8Array(paths.length)
  const view = kind === 'training' ? training : evaluation
  const source = fileSource(readers, { paths, labels, classes: ['photo'] }, view)
  const rates = []
  const costs = []
  // The first pass starts the threads and warms them up.
  for (let pass = 0; pass <= passes; pass++) {
    const start = { time: performance.now(), processor: processor() }
    const batches =
      kind === 'training'
        ? streamedBatches(source, { size: 16, key: key(pass), epochs: 1 })
        : streamedInOrder(source, { size: 16 })
    for await (const { labels: some } of batches) if (some.length !== 16) throw new Error('an image is missing')
    if (pass === 0) continue
    rates.push((1000 * paths.length) / (performance.now() - start.time))
    costs.push((processor() - start.processor) / paths.length)
  }
  await readers.close()
  return { rate: median(rates), best: Math.max(...rates), cost: median(costs) }
}

const [threads, ...photos] = process.argv.slice(2)
if (!(Number(threads) >= 0) || threads === undefined) {
  console.error('node photos.mjs THREADS [PHOTO…]: how many images a second the loader feeds')
  process.exitCode = 2
} else {
  const folder = mkdtempSync(join(tmpdir(), 'resfn-photos-'))
  try {
    const pictures = photos.length > 0 ? photos.map((path) => readFileSync(path)) : [await generated()]
    console.log('| files | view | images/s | best pass | processor, ms an image |')
    console.log('|---|---|---:|---:|---:|')
    const spent = []
    for (const size of [
      { width: 500, height: 375, quality: 90 },
      { width: 224, height: 224, quality: 90 },
    ]) {
      const paths = await cuts(folder, pictures, size)
      const bytes = median(paths.map((path) => readFileSync(path).length / 1024))
      const name = `${size.width} x ${size.height}, ${bytes.toFixed(0)} KB`
      for (const kind of /** @type {const} */ (['training', 'evaluation'])) {
        const { rate, best, cost } = await fed(Number(threads), paths, kind)
        console.log(`| ${name} | ${kind} | ${rate.toFixed(0)} | ${best.toFixed(0)} | ${cost.toFixed(2)} |`)
      }
      spent.push(`${name}: ${(await stages(paths)).join(', ')}`)
    }
    console.log(`\nProcessor, ms an image, one after the other:\n${spent.join('\n')}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
