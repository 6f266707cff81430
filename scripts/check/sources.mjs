// @ts-check
// What a source file looks like, what a package exports, and that the umbrella shows every package.
import { umbrellaDependencies, umbrellaSources } from '../umbrella.mjs'
import { exportedNames } from '../workspace.mjs'
import { inOrder } from './manifest.mjs'

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
              fix: `split it by concept; ${longest(file)} lines are the limit`,
            },
          ]
    })

const everyFile = (pkg) =>
  pkg.sources.flatMap((source) => {
    const finding = (rule, problem, fix) => [{ file: source.path, rule, problem, fix }]
    const marker = source.path.endsWith('.mjs') ? null : left.exec(source.text)
    return [
      ...source.errors.flatMap((message) => finding('syntax', message, 'correct the syntax')),
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
    return [{ file: index, rule: 'index', problem: 'is missing', fix: 'add it; it re-exports what the package offers' }]
  const own = source.exports.filter(({ from }) => from === undefined)
  const main = camelCase(pkg.folder)
  const due = (pkg.group === 'ops' || pkg.group === 'blocks') && pkg.manifest.resfn?.mainExport !== false
  return [
    ...own.map(({ name }) => ({
      file: index,
      rule: 'index',
      problem: `defines ${name ?? 'something'}`,
      fix: 'move it to a file of its own; index.ts only re-exports',
    })),
    ...(source.exports.length === 0
      ? [{ file: index, rule: 'index', problem: 'exports nothing', fix: 're-export what the package offers' }]
      : []),
    ...(due && !exportedNames(pkg, index).includes(main)
      ? [
          {
            file: index,
            rule: 'main-export',
            problem: `does not export ${main}`,
            fix: `folder ${pkg.folder} has the main export ${main}; a package without one says "resfn": { "mainExport": false } in its manifest`,
          },
        ]
      : []),
    ...(pkg.isUmbrella || pkg.sources.some(({ test, path }) => test && path.includes('.test.'))
      ? []
      : [{ file: pkg.dir, rule: 'tests', problem: 'has no test', fix: 'write src/<name>.test.ts beside the source' }]),
  ]
}

const umbrella = (pkg, packages) => {
  if (!pkg.isUmbrella) return []
  const expected = umbrellaSources(packages)
  const dependencies = umbrellaDependencies(packages)
  const finding = (file, problem, patch) => ({ file, rule: 'umbrella', problem, fix: 'run `pnpm check --fix`', patch })
  return [
    ...Object.entries(expected)
      .filter(([file, text]) => pkg.sources.find(({ path }) => path === file)?.text !== text)
      .map(([file, text]) => finding(file, 'does not show the packages that there are', text)),
    ...(JSON.stringify(pkg.manifest.dependencies) === JSON.stringify(dependencies)
      ? []
      : [
          finding(
            `${pkg.dir}/package.json`,
            'does not depend on the packages that there are',
            inOrder({ ...pkg.manifest, dependencies }),
          ),
        ]),
    ...pkg.sources
      .filter(({ path, test }) => !test && !(path in expected))
      .map(({ path }) => ({
        file: path,
        rule: 'umbrella',
        problem: 'is code in the umbrella',
        fix: 'the umbrella only re-exports; give the code a package',
      })),
  ]
}

export const sources = (workspace, readText) => [
  ...lines(workspace, readText),
  ...workspace.packages.flatMap((pkg) => [...everyFile(pkg), ...shape(pkg), ...umbrella(pkg, workspace.packages)]),
]
