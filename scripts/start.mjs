// @ts-check
// `npm start [-- options]`: trains a small residual network on real images and shows what it learned.
// Every option after `--` goes to `resfn train`; without a preset of your own the quick one is used.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const given = process.argv.slice(2)
const preset = given.some((word) => word === '--preset' || word.startsWith('--preset=')) ? [] : ['--preset', 'quick']
const main = join(import.meta.dirname, '..', 'packages', 'cli', 'dist', 'main.js')
const result = spawnSync(process.execPath, [main, 'train', ...preset, ...given], { stdio: 'inherit' })
process.exitCode = result.status ?? 1
