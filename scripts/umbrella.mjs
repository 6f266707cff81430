// @ts-check
// The umbrella `resfn` is written, not typed: one namespace a package, or a group where packages are used together.

const dir = 'packages/resfn'

/** Groups whose packages share one namespace. */
const together = ['ops', 'blocks', 'data', 'weights']

const camelCase = (name) => name.replaceAll(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase())

const sorted = (lines) => `${[...lines].sort().join('\n')}\n`

const head = '// Written by `pnpm check --fix`: every package that runs in browsers too.\n'

/** The packages that the umbrella shows: every public one that does not say `"resfn": { "umbrella": false }`. */
export const shown = (packages) =>
  packages.filter(({ isPublic, isUmbrella, manifest }) => isPublic && !isUmbrella && manifest.resfn?.umbrella !== false)

/** The sources of the umbrella, as `{ path: text }`. */
export const umbrellaSources = (packages) => {
  const members = shown(packages)
  const groups = together.filter((group) => members.some((pkg) => pkg.group === group))
  const single = members.filter(({ group }) => !groups.includes(group))
  return {
    [`${dir}/src/index.ts`]:
      head +
      sorted([
        ...single.map(({ folder, manifest }) => `export * as ${camelCase(folder)} from '${manifest.name}'`),
        ...groups.map((group) => `export * as ${camelCase(group)} from './${group}.ts'`),
      ]),
    ...Object.fromEntries(
      groups.map((group) => [
        `${dir}/src/${group}.ts`,
        head +
          sorted(
            members.filter((pkg) => pkg.group === group).map(({ manifest }) => `export * from '${manifest.name}'`),
          ),
      ]),
    ),
  }
}

/** The dependencies of the umbrella: what it shows, and the packages of ours that those use if they are installed. */
export const umbrellaDependencies = (packages) => {
  const ours = new Set(packages.map(({ manifest }) => manifest.name))
  const names = shown(packages).flatMap(({ manifest }) => [
    manifest.name,
    ...Object.keys(manifest.peerDependenciesMeta ?? {}).filter((name) => ours.has(name)),
  ])
  return Object.fromEntries([...new Set(names)].sort().map((name) => [name, 'workspace:^']))
}
