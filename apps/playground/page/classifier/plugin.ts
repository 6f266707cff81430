// Builds the classifier as one script, which is put into the pages that nets are taken along as.
import { fileURLToPath } from 'node:url'
import { build, defaultClientConditions, type Plugin } from 'vite'

/** Adds the classifier to the built site. */
export const classifier = (): Plugin => ({
  name: 'resfn-classifier',
  apply: 'build',
  writeBundle: {
    sequential: true,
    handler: async ({ dir }) => {
      if (dir === undefined) throw new Error('the classifier needs the folder that the site is written to')
      await build({
        configFile: false,
        root: fileURLToPath(new URL('..', import.meta.url)),
        logLevel: 'warn',
        resolve: { conditions: ['@resfn/source', ...defaultClientConditions] },
        oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
        build: {
          outDir: dir,
          emptyOutDir: false,
          copyPublicDir: false,
          target: 'es2022',
          chunkSizeWarningLimit: 1500,
          modulePreload: false,
          rolldownOptions: {
            input: fileURLToPath(new URL('classifier.tsx', import.meta.url)),
            output: {
              format: 'es',
              codeSplitting: false,
              entryFileNames: 'classifier.js',
              assetFileNames: 'classifier[extname]',
            },
          },
        },
      })
    },
  },
})
