// Compiles assembly/resize.ts to WebAssembly, and writes it in base64 to src/resize.generated.ts.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The text of the generated file. */
export const generate = async () => {
  const written = new Map()
  const { error, stderr } = await asc.main(
    [
      ...['assembly/resize.ts', '--outFile', 'resize.wasm', '--baseDir', root],
      ...['-O3', '--noAssert', '--runtime', 'stub', '--initialMemory', '1', '--enable', 'simd', '--use', 'abort='],
    ],
    {
      readFile: (name) => readFile(root + name, 'utf8').catch(() => null),
      writeFile: (name, contents) => void written.set(name, contents),
    },
  )
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
  const lines =
    Buffer.from(written.get('resize.wasm'))
      .toString('base64')
      .match(/.{1,120}/g) ?? []
  return [
    '// Written by scripts/build-resize.mjs from assembly/resize.ts: do not edit.',
    '/** The filters of a resize as a WebAssembly module (base64) with SIMD. */',
    'export const resizeBase64: string =',
    ...lines.map((line, i) => `  '${line}'${i === lines.length - 1 ? '' : ' +'}`),
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(`${root}src/resize.generated.ts`, await generate())
