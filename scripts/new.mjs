// @ts-check
// `pnpm new <group> <name>`: a package that builds, passes its tests and `pnpm check`, ready for its formula.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fix } from './check.mjs'
import { complete } from './check/manifest.mjs'
import { root, run, runAsScript } from './run.mjs'
import { applyOf, layerSource, layerTest, plainSource, plainTest, readme } from './templates.mjs'

const groups = ['core', 'ops', 'blocks', 'formats', 'io', 'data', 'train', 'weights', 'nets', 'backend', 'parallel']
const layered = new Set(['ops', 'blocks'])

const camelCase = (name) => name.replaceAll(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase())
const json = (value) => `${JSON.stringify(value, null, 2)}\n`

/** The lines that are its own; `pnpm check --fix` adds what every manifest has. */
const manifest = (group, name, rootManifest) =>
  complete(
    {
      name: `@resfn/${name}`,
      description: `${camelCase(name)} as a pure function`,
      ...(layered.has(group)
        ? {
            peerDependencies: { '@tensorflow/tfjs-core': 'catalog:' },
            dependencies: { '@resfn/layer': 'workspace:^' },
            devDependencies: { '@tensorflow/tfjs-core': 'catalog:' },
          }
        : {}),
    },
    rootManifest,
  )

const tsconfig = (dir) => ({
  extends: `${posix.relative(dir, '.')}/tsconfig.base.json`,
  compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
  include: ['src'],
  exclude: ['src/**/*.test.ts', 'src/**/fixtures'],
})

/** The files of a new package, as `{ path: text }`. */
export const packageFiles = (group, name, rootManifest) => {
  const dir = `packages/${group}/${name}`
  const main = camelCase(name)
  const layer = layered.has(group)
  return {
    [`${dir}/package.json`]: json(manifest(group, name, rootManifest)),
    [`${dir}/tsconfig.json`]: json(tsconfig(dir)),
    [`${dir}/README.md`]: readme(name, main, layer),
    [`${dir}/src/index.ts`]: `export { ${[...(layer ? [applyOf(main)] : []), main].join(', ')} } from './${name}.ts'\n`,
    [`${dir}/src/${name}.ts`]: (layer ? layerSource : plainSource)(name, main),
    [`${dir}/src/${name}.test.ts`]: (layer ? layerTest : plainTest)(name, main),
  }
}

/** Why a package of this name cannot be made here, or undefined. */
export const problem = (root, group, name) => {
  if (!groups.includes(group))
    return `There is no group ${group}. The groups are ${groups.join(', ')}; a new net is a sub-path of packages/archs.`
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? '')) return `${name} is not a kebab-case name, like drop-path.`
  const taken = groups.map((other) => `packages/${other}/${name}`).find((dir) => existsSync(join(root, dir)))
  return taken === undefined ? undefined : `${taken} exists already.`
}

/** Writes the package, the umbrella, the TypeScript references and a changeset. */
export const create = (root, group, name) => {
  const write = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const read = (path) => readFileSync(join(root, path), 'utf8')
  const files = packageFiles(group, name, JSON.parse(read('package.json')))
  for (const [path, text] of Object.entries(files)) write(path, text)
  write(`.changeset/new-${name}.md`, `---\n'@resfn/${name}': minor\n---\n\nNew package \`@resfn/${name}\`.\n`)
  fix(root)
  return Object.keys(files)
}

runAsScript(import.meta.url, () => {
  const [group, name] = process.argv.slice(2)
  const wrong = problem(root, group, name)
  if (wrong !== undefined) {
    console.error(`${wrong}\nUsage: pnpm new <group> <name>`)
    process.exitCode = 2
    return
  }
  for (const path of create(root, group, name)) console.log(path)
  const { status } = run('pnpm', ['install'])
  if (status !== 0) console.error('`pnpm install` did not finish; run it before the tests.')
  console.log(`
Next: write the formula in packages/${group}/${name}/src/${name}.ts, then
  pnpm vitest run packages/${group}/${name}
  pnpm check`)
  process.exitCode = status === 0 ? 0 : 1
})
