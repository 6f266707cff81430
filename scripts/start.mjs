// @ts-check
// `npm start [-- options]`: trains a small residual network on real images and shows what it learned.
// Every option after `--` goes to `resfn train`; without a preset of your own the quick one is used.
// `npm start -- --page [options]` serves the page instead, as `resfn page` does.
import { join } from 'node:path'
import { root, run, runAsScript } from './run.mjs'

runAsScript(import.meta.url, () => {
  const given = process.argv.slice(2)
  const preset = given.some((word) => word === '--preset' || word.startsWith('--preset=')) ? [] : ['--preset', 'quick']
  const words = given.includes('--page')
    ? ['page', ...given.filter((word) => word !== '--page')]
    : ['train', ...preset, ...given]
  const command = join(root, 'packages', 'cli', 'dist', 'main.js')
  const { status } = run(process.execPath, [command, ...words], {
    cwd: process.cwd(),
    shell: false,
  })
  process.exitCode = status ?? 1
})
