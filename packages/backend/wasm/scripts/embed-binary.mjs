// Writes the SIMD binary of @tensorflow/tfjs-backend-wasm, deflated and in base64, to src/tfjs-binary.generated.ts.
// So it is a part of the code: no bundler has to find a file, and no server has to serve one.
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'

const require = createRequire(import.meta.url)
const manifest = require.resolve('@tensorflow/tfjs-backend-wasm/package.json')
const target = fileURLToPath(new URL('../src/tfjs-binary.generated.ts', import.meta.url))

/** The installed binary and its version. */
export const installed = async () => ({
  version: JSON.parse(await readFile(manifest, 'utf8')).version,
  binary: await readFile(manifest.replace(/package\.json$/, 'wasm-out/tfjs-backend-wasm-simd.wasm')),
})

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { version, binary } = await installed()
  const lines = deflateRawSync(binary, { level: 9 })
    .toString('base64')
    .match(/.{1,760}/g)
  await writeFile(
    target,
    [
      '// Written by scripts/embed-binary.mjs: do not edit.',
      '// The content is tfjs-backend-wasm-simd.wasm of TensorFlow.js, copyright Google LLC, under the Apache License 2.0,',
      '// https://www.apache.org/licenses/LICENSE-2.0.',
      '/** The version of @tensorflow/tfjs-backend-wasm that the binary is from. */',
      `export const tfjsVersion: string = '${version}'`,
      '',
      '/** tfjs-backend-wasm-simd.wasm: raw deflate, in base64. */',
      'export const tfjsBinaryBase64: string =',
      ...lines.map((line, i) => `  '${line}'${i === lines.length - 1 ? '' : ' +'}`),
      '',
    ].join('\n'),
  )
}
