// @ts-check
// Checks the links of a built site: each leads to a file of it, and each anchor to a place on its page. Links to other
// hosts are not followed.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

const pagesOf = (/** @type {string} */ folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.html'))
    .map((entry) => join(entry.parentPath, entry.name))

const plain = (/** @type {string} */ text) =>
  text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<')

/** The addresses that a page names, outside of its scripts. */
const linksOf = (/** @type {string} */ html) =>
  [...html.matchAll(/\s(?:href|src|srcset)="([^"]*)"/g)].map(([, link]) => plain(link ?? ''))

const anchorsOf = (/** @type {string} */ html) =>
  new Set([...html.matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => plain(id ?? '')))

/**
 * What is wrong with the links below `folder`, a line each.
 *
 * @param {string} site the folder that a link may not leave
 * @param {string} [folder] the pages that are checked
 */
export const brokenLinks = (site, folder = site) => {
  /** @type {Map<string, Set<string>>} */
  const anchors = new Map()
  const anchorsAt = (/** @type {string} */ file) => {
    const known = anchors.get(file) ?? anchorsOf(readFileSync(file, 'utf8'))
    anchors.set(file, known)
    return known
  }
  const problemOf = (/** @type {string} */ page, /** @type {string} */ link) => {
    if (/^(https?|data|mailto|blob):/.test(link)) return undefined
    if (/^([a-z][a-z0-9+.-]*:|\/)/i.test(link)) return 'does not work below another path'
    const [address = '', anchor = ''] = link.split('#')
    const path = decodeURIComponent(address.split('?')[0] ?? '')
    const at = path === '' ? page : join(dirname(page), path)
    if (relative(site, at).startsWith('..')) return 'leaves the site'
    const file = existsSync(at) && statSync(at).isDirectory() ? join(at, 'index.html') : at
    if (!existsSync(file)) return 'leads nowhere'
    if (file.endsWith('.md')) return 'leads to a source, which is not a page'
    if (anchor === '' || !file.endsWith('.html')) return undefined
    return anchorsAt(file).has(decodeURIComponent(anchor)) ? undefined : 'names an anchor that is not there'
  }
  return pagesOf(folder).flatMap((page) =>
    [...new Set(linksOf(readFileSync(page, 'utf8')))].flatMap((link) => {
      const problem = problemOf(page, link)
      return problem === undefined ? [] : [`${relative(site, page).replaceAll(sep, '/')}: ${link} ${problem}`]
    }),
  )
}
