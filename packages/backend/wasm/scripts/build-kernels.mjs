// Compiles assembly/index.ts to WebAssembly and writes it, in base64, to src/kernels.generated.ts.
// `--check` only compares, and exits with 1 if the written file is out of date.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
const target = fileURLToPath(new URL('../src/kernels.generated.ts', import.meta.url))

const compile = async (features) => {
  const written = new Map()
  const { error, stderr } = await asc.main(
    [
      'assembly/index.ts',
      '--outFile',
      'kernels.wasm',
      '--baseDir',
      root,
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--importMemory',
      '--sharedMemory',
      '--initialMemory',
      '1',
      '--maximumMemory',
      '65536',
      '--noExportMemory',
      ...features.flatMap((feature) => ['--enable', feature]),
      '--disableWarning',
      '112',
      '--use',
      'abort=',
    ],
    { writeFile: (name, contents) => void written.set(name, contents) },
  )
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
  const base64 = Buffer.from(written.get('kernels.wasm')).toString('base64')
  return (base64.match(/.{1,152}/g) ?? []).map((line, i, all) => `  '${line}'${i === all.length - 1 ? '' : ' +'}`)
}

const features = ['simd', 'threads', 'bulk-memory']

/** The text of src/kernels.generated.ts for the sources under assembly/. */
export const generate = async () =>
  [
    '// Written by scripts/build-kernels.mjs from assembly/*.ts: do not edit.',
    '/** The kernels as a WebAssembly module (base64) that imports the memory of the tfjs backend as `env.memory`, declared shared. */',
    'export const kernelsBase64: string =',
    ...(await compile(features)),
    '',
    '/** The same kernels for engines with relaxed SIMD: they multiply and add in one instruction. */',
    'export const relaxedKernelsBase64: string =',
    ...(await compile([...features, 'relaxed-simd'])),
    '',
  ].join('\n')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await generate()
  if (process.argv.includes('--check')) {
    if ((await readFile(target, 'utf8')) !== text) {
      console.error('src/kernels.generated.ts is out of date: run `node scripts/build-kernels.mjs`')
      process.exitCode = 1
    }
  } else {
    await writeFile(`${target}.tmp`, text)
    await rename(`${target}.tmp`, target)
  }
}
