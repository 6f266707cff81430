// Compiles assembly/*.ts to WebAssembly, and writes it in base64 to src/kernels.generated.ts, and the arguments of its
// routines and the sizes that both languages share to src/routines.generated.ts. `--check` only compares, and exits
// with 1 if a written file is out of date.
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import { microKernels } from './micro-kernels.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Texts of the AssemblyScript files, by path. */
const readSources = async () => {
  const names = (await readdir(`${root}assembly`)).map((name) => `assembly/${name}`).sort()
  const texts = await Promise.all(names.map(async (name) => [name, await readFile(root + name, 'utf8')]))
  return new Map([...texts, ...microKernels])
}

const classPattern = /^@unmanaged class (\w+) \{\n([^}]*)\}/gm
const fieldPattern = /^ {2}(\w+): (usize|i32|f32) = 0( \/\/ .*)?$/
const routinePattern = /^export function (\w+)\(args: (\w+), piece: i32, pieces: i32(?:, thread: i32)?\): void/gm

const fieldsOf = (className, body, file) =>
  body
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, field, kind] = fieldPattern.exec(line) ?? []
      if (field === undefined)
        throw new Error(`${file}: class ${className}: '${line.trim()}' is not 'name: usize, i32 or f32 = 0'`)
      return [field, kind]
    })

/**
 * The routines of all files, sorted by name: functions of a class of arguments, the index of a piece, the number of
 * pieces, and the thread.
 */
const routinesOf = (sources) =>
  [...sources]
    .flatMap(([file, text]) => {
      const classes = new Map(
        [...text.matchAll(classPattern)].map(([, name, body]) => [name, fieldsOf(name, body, file)]),
      )
      return [...text.matchAll(routinePattern)].map(([, name, className]) => {
        const fields = classes.get(className)
        if (fields === undefined)
          throw new Error(`${file}: ${name} takes ${className}, which is not an @unmanaged class of this file`)
        return { name, file, fields }
      })
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))

const indexOf = (routines) =>
  [
    ...routines.map(({ name, file }) => `export { ${name} } from './${file.slice('assembly/'.length, -'.ts'.length)}'`),
    "export * from './sizes'",
  ].join('\n')

const compile = async (sources, features) => {
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
    {
      readFile: (name) => sources.get(name) ?? null,
      writeFile: (name, contents) => void written.set(name, contents),
    },
  )
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
  return written.get('kernels.wasm')
}

// The values of the exported constants.
const sizesOf = (binary) => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } })
  return Object.entries(exports).flatMap(([name, value]) =>
    value instanceof WebAssembly.Global ? [[name, value.value]] : [],
  )
}

const base64 = (binary) => {
  const lines =
    Buffer.from(binary)
      .toString('base64')
      .match(/.{1,300}/g) ?? []
  return lines.map((line, i) => `  '${line}'${i === lines.length - 1 ? '' : ' +'}`)
}

// Words in lines of at most 100 characters.
const wrapped = (words) =>
  words.reduce((lines, word) => {
    const longer = [...lines.slice(-1), word].join(' ')
    return lines.length > 0 && longer.length <= 100 ? [...lines.slice(0, -1), longer] : [...lines, word]
  }, [])

const features = ['simd', 'threads', 'bulk-memory']

/** The texts of the generated files for the sources under assembly/, by path. */
export const generate = async () => {
  const sources = await readSources()
  const routines = routinesOf(sources)
  sources.set('assembly/index.ts', indexOf(routines))
  const [strict, relaxed] = [await compile(sources, features), await compile(sources, [...features, 'relaxed-simd'])]
  const written = '// Written by scripts/build-kernels.mjs from assembly/*.ts: do not edit.'
  const table = [
    written,
    '/** The arguments of every routine, in the order of their memory. */',
    'export const routines = {',
    ...routines.flatMap(({ name, fields }) => [
      `  ${name}: {`,
      ...wrapped(fields.map(([field, kind]) => `${field}: '${kind}',`)).map((line) => `    ${line}`),
      '  },',
    ]),
    '} as const',
    '',
    '/** The sizes of assembly/sizes.ts. */',
    'export const sizes = {',
    ...sizesOf(strict).map(([name, value]) => `  ${name}: ${value},`),
    '} as const',
    '',
  ]
  const binaries = [
    written,
    '/** The routines as a WebAssembly module (base64) that imports the memory of the tfjs backend as `env.memory`, declared shared. */',
    'export const kernelsBase64: string =',
    ...base64(strict),
    '',
    '/** The same for engines with relaxed SIMD: they multiply and add in one instruction. */',
    'export const relaxedKernelsBase64: string =',
    ...base64(relaxed),
    '',
  ]
  return new Map([
    ...microKernels,
    ['src/routines.generated.ts', table.join('\n')],
    ['src/kernels.generated.ts', binaries.join('\n')],
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of await generate()) {
    const target = root + name
    if (!process.argv.includes('--check')) {
      await writeFile(`${target}.tmp`, text)
      await rename(`${target}.tmp`, target)
    } else if ((await readFile(target, 'utf8')) !== text) {
      console.error(`${name} is out of date: run \`pnpm --filter @resfn/wasm generate\``)
      process.exitCode = 1
    }
  }
}
