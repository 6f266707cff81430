// @ts-check
// Runs the examples of the documentation; see scripts/examples.mjs.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import workspace from '../vitest.config.ts'
import { writeExamples } from './examples.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
writeExamples(root, join(root, '.cache', 'examples'))

const { test, ...shared } = workspace
const { projects: _projects, ...settings } = test ?? {}

export default mergeConfig(
  shared,
  defineConfig({
    root,
    test: {
      ...settings,
      include: ['.cache/examples/*.test.ts'],
      exclude: ['**/node_modules/**'],
      silent: 'passed-only',
    },
  }),
)
