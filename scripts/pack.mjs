// @ts-check
// Packs public packages exactly as they would be published; they must be built. `npm run tarballs` builds first.
//   npm run tarballs [-- folder]                     packs all and prints the map from name to tarball
//   npm run tarballs -- --for identity-add,loop      packs these and what they need, prints the `npm install` line
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root, run, runAsScript } from './run.mjs'
import { readWorkspace } from './workspace.mjs'

const publicPackages = () => readWorkspace(root).packages.filter(({ isPublic }) => isPublic)

/** The packages named, with or without the scope, and all packages of ours that they depend on. */
export const closure = (names, packages) => {
  const find = (name) => packages.find(({ manifest }) => manifest.name === name || manifest.name === `@resfn/${name}`)
  const unknown = names.filter((name) => find(name) === undefined)
  if (unknown.length > 0) {
    const known = packages.map(({ manifest }) => manifest.name.replace('@resfn/', ''))
    throw new Error(`There is no package ${unknown.join(', ')}. The packages are ${known.join(', ')}.`)
  }
  const grow = (members) => {
    const needed = members.flatMap(({ manifest }) =>
      Object.keys(manifest.dependencies ?? {}).flatMap((name) => find(name) ?? []),
    )
    const all = [...new Set([...members, ...needed])]
    return all.length === members.length ? all : grow(all)
  }
  return grow([...new Set(names.map(find))])
}

/** Packs into `folder`, which is emptied first, and gives back `{ '@resfn/tree': '/…/resfn-tree-0.1.0.tgz', … }`. */
export const pack = (packages, folder) => {
  const unbuilt = packages.filter(({ dir }) => !existsSync(join(root, dir, 'dist', 'index.js')))
  if (unbuilt.length > 0)
    throw new Error(`${unbuilt.map(({ manifest }) => manifest.name).join(', ')} not built; run \`pnpm build\` first`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const filters = packages.flatMap(({ manifest }) => ['--filter', manifest.name])
  const { status, stderr, stdout } = run(
    'pnpm',
    ['--recursive', ...filters, 'pack', '--pack-destination', folder, '--json'],
    { encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 28 },
  )
  if (status !== 0) throw new Error(`pnpm pack failed:\n${stdout}\n${stderr}`)
  const tarball = ({ name, version }) => join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
  const map = Object.fromEntries(packages.map(({ manifest }) => [manifest.name, tarball(manifest)]))
  const missing = Object.values(map).filter((path) => !existsSync(path))
  if (missing.length > 0) throw new Error(`pnpm pack did not write ${missing.join(', ')}`)
  return map
}

/** Packs every public package. */
export const packAll = (folder) => pack(publicPackages(), folder)

/** The catalog of pnpm-workspace.yaml as `{ name: range }`, for apps that are outside the workspace. */
export const catalog = () => {
  const text = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const [, list = ''] = /^catalog:\n((?: {2}.*\n)+)/m.exec(`${text}\n`) ?? []
  return Object.fromEntries(
    [...list.matchAll(/^ {2}['"]?([^'":]+)['"]?: *['"]?([^'"\s]+)['"]?$/gm)].map(([, name, range]) => [name, range]),
  )
}

const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)

/** The line that installs packed packages, and the peers that they require, in any folder. */
export const installLine = (packages, tarballs) => {
  const versions = catalog()
  const required = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.peerDependencies ?? {}).filter(
      (name) => !(name in tarballs) && manifest.peerDependenciesMeta?.[name]?.optional !== true,
    ),
  )
  const peers = [...new Set(required)].map((name) => `${name}@${versions[name]}`)
  return ['npm', 'install', ...Object.values(tarballs), ...peers].map(quoted).join(' ')
}

runAsScript(import.meta.url, () => {
  const { values, positionals } = parseArgs({
    options: { for: { type: 'string' } },
    allowPositionals: true,
  })
  const folder = resolve(positionals[0] ?? join(root, '.cache', 'tarballs'))
  if (values.for === undefined) return console.log(JSON.stringify(packAll(folder), null, 2))
  const packages = closure(
    values.for.split(',').map((name) => name.trim()),
    publicPackages(),
  )
  console.log(installLine(packages, pack(packages, folder)))
})
