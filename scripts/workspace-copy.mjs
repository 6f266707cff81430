// @ts-check
// A copy of the workspace for tests that add packages to it.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bin, root, run } from './run.mjs'
import { readWorkspace } from './workspace.mjs'

const skipped = new Set(['node_modules', 'dist', '.git', '.cache', '.turbo', 'runs'])

const link = (target, path) => {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(realpathSync(target), path)
}

/** A copy without build products, with the installed packages of the original. */
export const copyWorkspace = () => {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'resfn-copy-')))
  cpSync(root, copy, { recursive: true, filter: (path) => !skipped.has(path.split(/[\\/]/).pop() ?? '') })
  link(join(root, 'node_modules'), join(copy, 'node_modules'))
  const read = (path) => readFileSync(join(copy, path), 'utf8')

  /** Links what `pnpm install` would link for a new package. */
  const install = (dir) => {
    const manifest = JSON.parse(read(`${dir}/package.json`))
    const packages = readWorkspace(root).packages
    const placeOf = (name) => {
      const ours = packages.find((pkg) => pkg.manifest.name === name)
      if (ours !== undefined) return join(root, ours.dir)
      const users = packages.map((pkg) => join(root, pkg.dir, 'node_modules', name))
      return users.find((path) => existsSync(path)) ?? join(root, 'node_modules', name)
    }
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }))
      link(placeOf(name), join(copy, dir, 'node_modules', name))
  }

  /** Runs the tests of packages of the copy. */
  const vitest = (...dirs) => {
    const { status, stdout, stderr } = run(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...dirs],
      {
        cwd: copy,
        stdio: 'pipe',
        encoding: 'utf8',
        shell: false,
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
      },
    )
    return { status, output: stdout + stderr }
  }

  /** The types of packages of the copy. */
  const types = (config) => run(bin('tsc'), ['-p', config], { cwd: copy, stdio: 'pipe', encoding: 'utf8' })

  return { copy, read, install, vitest, types, remove: () => rmSync(copy, { recursive: true, force: true }) }
}
