// @ts-check
// `node bundle.mjs <folder>`: webgpu.mjs and all that it needs but Node, for a machine without a network: one module,
// and Dawn's library where the package `webgpu` looks for it.
import { copyFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'vite'

const folder = process.argv[2]
if (folder === undefined) throw new Error('name the folder to write to: node bundle.mjs <folder>')

await build({
  configFile: false,
  logLevel: 'warn',
  root: join(import.meta.dirname, '..'),
  ssr: {
    noExternal: true,
    target: 'node',
    resolve: { conditions: ['@resfn/source', 'node', 'import', 'module', 'default'] },
  },
  build: {
    ssr: 'webgpu.mjs',
    outDir: folder,
    emptyOutDir: true,
    target: 'node22',
    // The names of the classes of tfjs tell its programs apart.
    minify: false,
    rolldownOptions: { output: { entryFileNames: 'webgpu.mjs', codeSplitting: false } },
  },
})

const library = join('dist', `${process.platform}-${process.arch}`, 'dawn.node')
const from = join(dirname(createRequire(import.meta.url).resolve('webgpu')), library)
mkdirSync(dirname(join(folder, library)), { recursive: true })
copyFileSync(from, join(folder, library))
