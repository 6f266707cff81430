// @ts-check
// Bundles the corpus from the sources: a page for any browser, and one file for a machine that has only Node.
//   node internal/kernel-corpus/scripts/bundle.mjs          writes both to .cache/kernel-corpus
//   node .cache/kernel-corpus/node/main.mjs wasm-2          prints a report in JSON
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, defaultClientConditions, defaultServerConditions } from 'vite'

const root = join(import.meta.dirname, '..')
const cache = join(root, '..', '..', '.cache', 'kernel-corpus')

/** The folder of the page; it is served as it is. */
export const page = join(cache, 'page')

/** The file for Node. */
export const program = join(cache, 'node', 'main.mjs')

export const bundlePage = () =>
  build({
    root,
    configFile: false,
    logLevel: 'warn',
    resolve: { conditions: ['@resfn/source', ...defaultClientConditions] },
    build: { outDir: page, emptyOutDir: true, target: 'es2022', minify: false, chunkSizeWarningLimit: 20_000 },
  })

export const bundleProgram = () =>
  build({
    root,
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true, resolve: { conditions: ['@resfn/source', ...defaultServerConditions] } },
    build: {
      ssr: join(root, 'src', 'main.ts'),
      outDir: join(cache, 'node'),
      emptyOutDir: true,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'main.mjs' } },
    },
  })

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await Promise.all([bundlePage(), bundleProgram()])
