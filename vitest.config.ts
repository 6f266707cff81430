import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'
import { findSoftwareVulkan } from './scripts/chromium.mjs'

// Tests run on the sources: the condition leads every `@resfn/…` import to `src/index.ts`, so no build is needed.
const conditions = ['@resfn/source', ...defaultServerConditions]

const exclude = ['**/node_modules/**', '**/dist/**', '**/.cache/**']

// These share the processes that they run in: what they import is loaded once for all, which takes most of their time.
// A test that needs a process without a backend is in a file `….alone.test.ts`.
const together = 'packages/{core,ops,blocks,archs,formats,io,data,train}/**/src/**/!(*.alone).test.ts'

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Processes, not threads: tfjs keeps its backends, kernels and gradients in a registry of the process.
    pool: 'forks',
    // On Node 20 the tests run with strict SIMD, which no other engine of ours has; those of relaxed SIMD ask for it.
    execArgv: process.versions.node.startsWith('20.') ? ['--no-experimental-wasm-relaxed-simd'] : [],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    env: { SOFTWARE_VULKAN: findSoftwareVulkan() ?? '' },
    allowOnly: false,
    projects: [
      { extends: true, test: { name: 'together', isolate: false, include: [together], exclude } },
      {
        extends: true,
        test: {
          name: 'alone',
          include: [
            'packages/**/src/**/*.test.ts',
            'internal/**/src/**/*.test.ts',
            'apps/**/{src,page}/**/*.test.ts',
            'lessons/src/**/*.test.ts',
            'apps/docs/*.test.mjs',
            'bench/**/*.test.{ts,mjs}',
            'parity/**/*.test.mjs',
            'scripts/**/*.test.mjs',
          ],
          exclude: [...exclude, together],
        },
      },
    ],
  },
})
