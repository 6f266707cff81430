// @ts-check
// `pnpm build [turbo options]`: builds every package with `tsc -b`, in order and cached by turbo, without telemetry.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const turbo = join(root, 'node_modules', '.bin', 'turbo')
const { status } = spawnSync(turbo, ['run', 'build', '--output-logs=errors-only', ...process.argv.slice(2)], {
  cwd: root,
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
process.exitCode = status ?? 1
