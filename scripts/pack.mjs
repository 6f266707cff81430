// @ts-check
// Packs every public package exactly as it would be published. `node scripts/pack.mjs [folder]` prints the map from
// name to tarball. The packages must be built (`pnpm build`).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readWorkspace } from './workspace.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Packs into `folder`, which is emptied first, and gives back `{ '@resfn/tree': '/…/resfn-tree-0.1.0.tgz', … }`. */
export const packAll = (folder) => {
  const packages = readWorkspace(root).packages.filter(({ isPublic }) => isPublic)
  const unbuilt = packages.filter(({ dir }) => !existsSync(join(root, dir, 'dist', 'index.js')))
  if (unbuilt.length > 0)
    throw new Error(`${unbuilt.map(({ manifest }) => manifest.name).join(', ')} not built; run \`pnpm build\` first`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const filters = packages.flatMap(({ manifest }) => ['--filter', manifest.name])
  const { status, stderr, stdout } = spawnSync(
    'pnpm',
    ['--recursive', ...filters, 'pack', '--pack-destination', folder, '--json'],
    { cwd: root, encoding: 'utf8', shell: process.platform === 'win32', maxBuffer: 2 ** 28 },
  )
  if (status !== 0) throw new Error(`pnpm pack failed:\n${stdout}\n${stderr}`)
  const tarball = ({ name, version }) => join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
  const map = Object.fromEntries(packages.map(({ manifest }) => [manifest.name, tarball(manifest)]))
  const missing = Object.values(map).filter((path) => !existsSync(path))
  if (missing.length > 0) throw new Error(`pnpm pack did not write ${missing.join(', ')}`)
  return map
}

/** The catalog of pnpm-workspace.yaml as `{ name: range }`, for apps that are outside the workspace. */
export const catalog = () => {
  const text = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const [, list = ''] = /^catalog:\n((?: {2}.*\n)+)/m.exec(`${text}\n`) ?? []
  return Object.fromEntries(
    [...list.matchAll(/^ {2}['"]?([^'":]+)['"]?: *['"]?([^'"\s]+)['"]?$/gm)].map(([, name, range]) => [name, range]),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(packAll(resolve(process.argv[2] ?? join(root, '.cache', 'tarballs'))), null, 2))
}
