// What a source file looks like, what a package exports, and that an umbrella shows all of its group.
import { exportedNames } from '../workspace.mjs'

/** Tests hold tables of cases, so they may be longer. */
const longest = (path) => (/\.test\.\w+$/.test(path) ? 600 : 350)

const camelCase = (name) => name.replaceAll(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase())

const left = new RegExp(`\\b(?:it|test|describe|bench)(?:\\.\\w+)*\\.(?:${['only', 'skip', 'todo'].join('|')})\\b`)

const config = (path) => /\.config\.\w+$/.test(path)

const lines = ({ files }, readText) =>
  files
    .filter((path) => /\.(ts|tsx|mts|js|mjs|css)$/.test(path) && !path.includes('/fixtures/'))
    .flatMap((file) => {
      const count = readText(file).split('\n').length - 1
      return count <= longest(file)
        ? []
        : [
            {
              file,
              rule: 'length',
              problem: `has ${count} lines`,
              mend: `split it by concept; ${longest(file)} lines are the limit`,
            },
          ]
    })

const everyFile = (pkg) =>
  pkg.sources.flatMap((source) => {
    const finding = (rule, problem, mend) => [{ file: source.path, rule, problem, mend }]
    const marker = source.path.endsWith('.mjs') ? null : left.exec(source.text)
    return [
      ...source.errors.flatMap((message) => finding('syntax', message, 'mend the syntax')),
      ...(source.exports.some(({ name }) => name === 'default') && !config(source.path)
        ? finding('default-export', 'has a default export', 'export it by name')
        : []),
      ...source.interfaces.flatMap((name) =>
        finding(
          'interface',
          `declares interface ${name}`,
          'write `type`: an interface is no tree, it lacks the implicit index signature',
        ),
      ),
      ...(marker === null ? [] : finding('left-out-test', `has ${marker[0]}`, 'run the test, or delete it')),
    ]
  })

const shape = (pkg) => {
  if (!pkg.isPublic) return []
  const index = `${pkg.dir}/src/index.ts`
  const source = pkg.sources.find(({ path }) => path === index)
  if (source === undefined)
    return [
      { file: index, rule: 'index', problem: 'is missing', mend: 'add it; it re-exports what the package offers' },
    ]
  const own = source.exports.filter(({ from }) => from === undefined)
  const main = camelCase(pkg.folder)
  const due =
    (pkg.group === 'ops' || pkg.group === 'blocks') && !pkg.isUmbrella && pkg.manifest.resfn?.mainExport !== false
  return [
    ...own.map(({ name }) => ({
      file: index,
      rule: 'index',
      problem: `defines ${name ?? 'something'}`,
      mend: 'move it to a file of its own; index.ts only re-exports',
    })),
    ...(source.exports.length === 0
      ? [{ file: index, rule: 'index', problem: 'exports nothing', mend: 're-export what the package offers' }]
      : []),
    ...(due && !exportedNames(pkg, index).includes(main)
      ? [
          {
            file: index,
            rule: 'main-export',
            problem: `does not export ${main}`,
            mend: `folder ${pkg.folder} has the main export ${main}; a package without one says "resfn": { "mainExport": false } in its manifest`,
          },
        ]
      : []),
    ...(pkg.isUmbrella || pkg.sources.some(({ test, path }) => test && path.includes('.test.'))
      ? []
      : [{ file: pkg.dir, rule: 'tests', problem: 'has no test', mend: 'write src/<name>.test.ts beside the source' }]),
  ]
}

const umbrella = (pkg, packages) => {
  if (!pkg.isUmbrella || !pkg.isPublic) return []
  const index = `${pkg.dir}/src/index.ts`
  const shown = new Set(pkg.sources.find(({ path }) => path === index)?.exports.map(({ from }) => from))
  const siblings = packages.filter(
    (other) => other.group === pkg.group && other !== pkg && other.isPublic && other.manifest.resfn?.umbrella !== false,
  )
  return [
    ...siblings
      .filter(({ manifest }) => !shown.has(manifest.name))
      .map(({ manifest }) => ({
        file: index,
        rule: 'umbrella',
        problem: `does not re-export ${manifest.name}`,
        mend: `add \`export * from '${manifest.name}'\` and the dependency, or write "resfn": { "umbrella": false } in the manifest of ${manifest.name}`,
      })),
    ...pkg.sources
      .filter(({ path, test }) => !test && path !== index)
      .map(({ path }) => ({
        file: path,
        rule: 'umbrella',
        problem: 'is code in an umbrella',
        mend: 'an umbrella only re-exports; give the code a package',
      })),
  ]
}

export const sources = (workspace, readText) => [
  ...lines(workspace, readText),
  ...workspace.packages.flatMap((pkg) => [...everyFile(pkg), ...shape(pkg), ...umbrella(pkg, workspace.packages)]),
]
