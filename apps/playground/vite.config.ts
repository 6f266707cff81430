import { fileURLToPath } from 'node:url'
import { defineConfig, defaultClientConditions } from 'vite'
import { classifier } from './page/classifier/plugin.ts'
import { lessons } from './page/lessons/plugin.ts'
import { serviceWorker } from './page/service-worker/plugin.ts'

export default defineConfig({
  root: fileURLToPath(new URL('page', import.meta.url)),
  // Below any path of a host.
  base: './',
  resolve: { conditions: ['@resfn/source', ...defaultClientConditions] },
  // Packages that carry files of their own find them beside their code; `vite dev` would move the code away from them.
  optimizeDeps: { exclude: ['@resfn/fashion-mnist-subset'] },
  worker: { format: 'es' },
  plugins: [lessons(), classifier(), serviceWorker()],
  build: {
    outDir: '../dist/site',
    emptyOutDir: true,
    target: 'es2022',
    // The images stay files, which are fetched when someone trains.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
})
