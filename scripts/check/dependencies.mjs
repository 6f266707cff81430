// The manifest declares exactly what the sources import, with one version of everything, and tsconfig references follow it.
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { packageOf } from '../workspace.mjs'

const fields = ['dependencies', 'peerDependencies', 'optionalDependencies', 'devDependencies']

// All packages share one version. A caret on a peer among them would turn each minor release into a major one: changesets counts a peer
// that leaves its range as a breaking change.
const anyVersion = 'workspace:>=0.0.0'

const versions = (pkg, names) =>
  fields.flatMap((field) =>
    Object.entries(pkg.manifest[field] ?? {}).flatMap(([name, range]) => {
      const wanted = !names.has(name) ? 'catalog:' : field === 'peerDependencies' ? anyVersion : 'workspace:^'
      return range === wanted
        ? []
        : [
            {
              file: `${pkg.dir}/package.json`,
              rule: 'versions',
              problem: `${field} has ${name}: ${range}`,
              fix: `write "${wanted}"${wanted === 'catalog:' ? ' and keep the version in the catalog of pnpm-workspace.yaml' : ''}`,
            },
          ]
    }),
  )

/** Peers that the dependencies of a package, and theirs, ask of whoever installs them: `[name, optional]`. */
const inheritedPeers = (pkg, byName, seen = new Set()) =>
  Object.keys(pkg.manifest.dependencies ?? {}).flatMap((name) => {
    const other = byName.get(name)
    if (other === undefined || seen.has(name)) return []
    seen.add(name)
    const peers = Object.keys(other.manifest.peerDependencies ?? {})
    return [
      ...peers.map((peer) => [peer, other.manifest.peerDependenciesMeta?.[peer]?.optional === true]),
      ...inheritedPeers(other, byName, seen),
    ]
  })

const imported = (sources) =>
  new Set(
    sources
      .flatMap(({ imports }) => imports.flatMap((specifier) => packageOf(specifier) ?? []))
      .filter((name) => !builtinModules.includes(name)),
  )

const declarations = (pkg, byName, rootManifest) => {
  const file = `${pkg.dir}/package.json`
  const has = (field) => Object.keys(pkg.manifest[field] ?? {})
  const runtime = new Set([...has('dependencies'), ...has('peerDependencies'), ...has('optionalDependencies')])
  const ofRoot = new Set(Object.keys(rootManifest.devDependencies ?? {}))
  const inSources = imported(pkg.sources.filter(({ test }) => !test))
  const inTests = imported(pkg.sources.filter(({ test }) => test))
  const inherited = inheritedPeers(pkg, byName)
  const peers = new Set(inherited.flatMap(([name, optional]) => (optional ? [] : [name])))
  // A dependency that is not imported may be there for another one, which takes it if it is installed.
  const provided = new Set(inherited.map(([name]) => name))
  const testOnly = pkg.isPublic ? [] : [...has('devDependencies'), ...ofRoot]
  const finding = (rule, problem, fix) => ({ file, rule, problem, fix })
  return [
    ...[...inSources]
      .filter((name) => name !== pkg.manifest.name && !runtime.has(name) && !testOnly.includes(name))
      .map((name) =>
        finding(
          'undeclared',
          `the sources import ${name}, which is neither a dependency nor a peer`,
          `add ${name} to dependencies (or peerDependencies), then run \`pnpm install\``,
        ),
      ),
    ...[...inTests]
      .filter(
        (name) =>
          name !== pkg.manifest.name &&
          !runtime.has(name) &&
          !has('devDependencies').includes(name) &&
          !ofRoot.has(name),
      )
      .map((name) =>
        finding(
          'undeclared',
          `the tests import ${name}, which is not declared`,
          `add ${name} to devDependencies, then run \`pnpm install\``,
        ),
      ),
    ...(pkg.isPublic ? [...has('dependencies'), ...has('optionalDependencies')] : [])
      .filter(
        (name) => !inSources.has(name) && !provided.has(name) && !(pkg.manifest.resfn?.unimported ?? []).includes(name),
      )
      .map((name) =>
        finding(
          'unused',
          `no source imports the dependency ${name}`,
          `remove it, or make it a devDependency if only tests use it, then run \`pnpm install\``,
        ),
      ),
    ...has('peerDependencies')
      .filter(
        (name) =>
          !inSources.has(name) && !peers.has(name) && pkg.manifest.peerDependenciesMeta?.[name]?.optional !== true,
      )
      .map((name) =>
        finding(
          'unused',
          `neither the sources nor a dependency need the peer ${name}`,
          'remove it, then run `pnpm install`',
        ),
      ),
    ...(pkg.isPublic ? [...peers] : [])
      .filter((name) => !runtime.has(name))
      .map((name) =>
        finding('peer', `a dependency needs the peer ${name}`, `add ${name} to peerDependencies and devDependencies`),
      ),
    ...has('peerDependencies')
      .filter(
        (name) =>
          !has('devDependencies').includes(name) && pkg.manifest.peerDependenciesMeta?.[name]?.optional !== true,
      )
      .map((name) =>
        finding('peer', `the peer ${name} is not installed for development`, `add ${name} to devDependencies too`),
      ),
    ...has('devDependencies')
      .filter(
        (name) =>
          pkg.isPublic &&
          ![name, name.replace(/^@types\//, '')].some((used) => inTests.has(used) || inSources.has(used)) &&
          !runtime.has(name) &&
          !usedByScript(pkg, name),
      )
      .map((name) =>
        finding('unused', `no test imports the devDependency ${name}`, 'remove it, then run `pnpm install`'),
      ),
    ...has('devDependencies')
      .filter((name) => ofRoot.has(name))
      .map((name) =>
        finding(
          'unused',
          `the devDependency ${name} is one of the workspace already`,
          'remove it here: the tests of every package find it at the root',
        ),
      ),
  ]
}

/** A build tool is used by a script of the manifest (`asc` of assemblyscript) or by a plain file outside src. */
const usedByScript = (pkg, name) =>
  Object.values(pkg.manifest.scripts ?? {}).some((script) => script.includes(name)) ||
  (pkg.manifest.resfn?.unimported ?? []).includes(name)

const expectedReferences = (pkg, byName) =>
  [...Object.keys(pkg.manifest.dependencies ?? {}), ...Object.keys(pkg.manifest.peerDependencies ?? {})]
    .flatMap((name) => byName.get(name)?.dir ?? [])
    .map((dir) => posix.relative(pkg.dir, dir))
    .sort()

const sameSet = (a, b) => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort())

const references = (file, tsconfig, expected) => {
  const actual = (tsconfig.references ?? []).map(({ path }) => path)
  if (sameSet(actual, expected)) return []
  const missing = expected.filter((path) => !actual.includes(path))
  const extra = actual.filter((path) => !expected.includes(path))
  const parts = [
    missing.length > 0 ? `lacks ${missing.join(', ')}` : '',
    extra.length > 0 ? `has ${extra.join(', ')} too many` : '',
    new Set(actual).size < actual.length ? 'has one twice' : '',
  ]
  return [
    {
      file,
      rule: 'references',
      problem: `references ${parts.filter(Boolean).join(' and ')}`,
      fix: 'run `pnpm check --fix`',
      patch: { ...tsconfig, references: expected.map((path) => ({ path })) },
    },
  ]
}

export const dependencies = ({ packages, manifest, tsconfig }) => {
  const byName = new Map(packages.map((pkg) => [pkg.manifest.name, pkg]))
  const names = new Set(byName.keys())
  const built = packages.filter(({ isPublic }) => isPublic)
  return [
    ...packages.flatMap((pkg) => [...versions(pkg, names), ...declarations(pkg, byName, manifest)]),
    ...built.flatMap((pkg) =>
      pkg.tsconfig === undefined
        ? [
            {
              file: `${pkg.dir}/tsconfig.json`,
              rule: 'references',
              problem: 'is missing',
              fix: 'copy the one of a sibling, then run `pnpm check --fix`',
            },
          ]
        : references(`${pkg.dir}/tsconfig.json`, pkg.tsconfig, expectedReferences(pkg, byName)),
    ),
    ...references(
      'tsconfig.json',
      tsconfig,
      built.map(({ dir }) => dir),
    ),
  ]
}
