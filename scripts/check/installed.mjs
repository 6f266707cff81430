// @ts-check
// Nothing we install may need an install script: npm and pnpm no longer run them. What `allowBuilds` of
// pnpm-workspace.yaml refuses by name works without.
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const hooks = ['preinstall', 'install', 'postinstall']

const packagesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
    )
    .filter((name) => !lstatSync(join(folder, name)).isSymbolicLink())

/** The packages whose scripts are refused by name. */
const refused = (root) => {
  const file = join(root, 'pnpm-workspace.yaml')
  const [, lines = ''] = (existsSync(file) && /^allowBuilds:\n((?:  .*\n)*)/m.exec(readFileSync(file, 'utf8'))) || []
  return new Set([...lines.matchAll(/^  '?([^':\n]+)'?: false$/gm)].map(([, name]) => name))
}

export const installed = ({ root }) => {
  const store = join(root, 'node_modules', '.pnpm')
  if (!existsSync(store)) return []
  const known = refused(root)
  return readdirSync(store).flatMap((entry) => {
    const folder = join(store, entry, 'node_modules')
    if (!existsSync(folder)) return []
    return packagesIn(folder)
      .filter((name) => !known.has(name))
      .flatMap((name) => {
        const manifest = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'))
        const found = [
          ...hooks.filter((hook) => manifest.scripts?.[hook]),
          ...(existsSync(join(folder, name, 'binding.gyp')) ? ['binding.gyp'] : []),
        ]
        return found.map((hook) => ({
          file: 'pnpm-lock.yaml',
          rule: 'install-script',
          problem: `${name}@${manifest.version} has ${hook === 'binding.gyp' ? hook : `the script ${hook}`}`,
          fix: 'choose a package that works with install scripts blocked',
        }))
      })
  })
}
