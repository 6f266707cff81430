// @ts-check
// `pnpm site`: one folder for any static host, with the page at its root and the documentation in `docs/`. Every link
// of the documentation is checked. The page must be built.
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Application } from 'typedoc'
import { root, runAsScript } from '../../scripts/run.mjs'
import { readContents } from './contents.mjs'
import { brokenLinks } from './links.mjs'
import { showRepository, thePage } from './typedoc.mjs'

const here = import.meta.dirname
const page = join(root, 'apps', 'playground', 'dist', 'site')

/** Where the site is. */
export const site = join(here, 'dist', 'site')

/** The address of a line in the public repository, if there is one: `https://…/{path}#L{line}`. */
const sourceLink = process.env.RESFN_SOURCE_LINK

/** Writes the documentation into a folder. */
const writeDocs = async (/** @type {string} */ folder) => {
  const contents = readContents()
  const paths = contents.map(({ path }) => join(root, path))
  const app = await Application.bootstrap({
    name: 'resfn',
    basePath: root,
    readme: join(root, 'README.md'),
    // Types are checked by `pnpm typecheck`.
    tsconfig: join(here, 'tsconfig.json'),
    skipErrorChecking: true,
    // What several modules export is shown with the last, which is that of the longest specifier.
    entryPoints: paths.filter((path) => !path.endsWith('.md')).reverse(),
    sortEntryPoints: false,
    projectDocuments: paths.filter((path) => path.endsWith('.md')),
    excludeInternal: true,
    disableGit: true,
    ...(sourceLink === undefined ? { disableSources: true } : { sourceLinkTemplate: sourceLink }),
    validation: { notExported: false, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: false },
    treatWarningsAsErrors: true,
    router: 'resfn',
    theme: 'resfn',
    customCss: join(here, 'site.css'),
    customJs: join(here, 'site.js'),
    favicon: join(here, 'icon.svg'),
    groupOrder: ['Documents', 'Modules', 'Functions', 'Variables', 'Classes', 'Type Aliases', '*'],
    headings: { readme: false, document: false },
    navigationLinks: { Playground: thePage },
    searchInComments: true,
    searchInDocuments: true,
    // Documents and packages first, and what is shown elsewhere last.
    searchGroupBoosts: { Documents: 4, Modules: 3, Functions: 1.5, Properties: 0.3, References: 0.2 },
    includeHierarchySummary: false,
    highlightLanguages: ['typescript', 'javascript', 'json', 'bash', 'sh', 'html', 'python', 'tsx', 'css', 'yaml'],
    ignoredHighlightLanguages: ['txt'],
  })
  showRepository(app, contents)
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc read no project')
  app.validate(project)
  await app.generateDocs(project, folder)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('TypeDoc has warnings; see above')
}

/** The page says where its documentation is; it shows the link that it finds in its head. */
const withHelp = (/** @type {string} */ html) =>
  html.replace('</head>', '  <link rel="help" href="./docs/index.html" />\n  </head>')

runAsScript(import.meta.url, async () => {
  if (!existsSync(join(page, 'index.html'))) throw new Error(`${page} has no page; run \`pnpm build\``)
  const started = performance.now()
  rmSync(site, { recursive: true, force: true })
  cpSync(page, site, { recursive: true })
  const index = join(site, 'index.html')
  writeFileSync(index, withHelp(readFileSync(index, 'utf8')))
  await writeDocs(join(site, 'docs'))
  const broken = brokenLinks(site)
  if (broken.length > 0) throw new Error(`${broken.length} broken links:\n${broken.join('\n')}`)
  console.log(`${relative(root, site)}: written in ${((performance.now() - started) / 1000).toFixed(0)} s`)
})
