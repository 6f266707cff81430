// @ts-check
// `npm run lessons [-- options]`: measures all lessons, each in seconds, and writes their pages to runs/lessons.
// Every option after `--` goes to `resfn lesson all --quick`.
import { join } from 'node:path'
import { root, run, runAsScript } from './run.mjs'

runAsScript(import.meta.url, () => {
  const command = join(root, 'packages', 'cli', 'dist', 'main.js')
  const { status } = run(process.execPath, [command, 'lesson', 'all', '--quick', ...process.argv.slice(2)], {
    cwd: process.cwd(),
    shell: false,
  })
  process.exitCode = status ?? 1
})
