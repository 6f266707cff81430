import { defineConfig } from 'vite'

export default defineConfig({
  // Packages that carry files of their own find them beside their code; `vite dev` would move the code away from them.
  optimizeDeps: { exclude: ['@resfn/fashion-mnist-subset'] },
})
