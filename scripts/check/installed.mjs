// @ts-check
// Nothing we install may need an install script: npm and pnpm no longer run them.
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

export const installed = ({ root }) => {
  const store = join(root, 'node_modules', '.pnpm')
  if (!existsSync(store)) return []
  return readdirSync(store).flatMap((entry) => {
    const folder = join(store, entry, 'node_modules')
    if (!existsSync(folder)) return []
    return packagesIn(folder).flatMap((name) => {
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
