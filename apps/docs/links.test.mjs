// @ts-check
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { brokenLinks } from './links.mjs'

let site = ''
beforeEach(() => (site = mkdtempSync(join(tmpdir(), 'links-'))))
afterEach(() => rmSync(site, { recursive: true }))

const write = (/** @type {Record<string, string>} */ files) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(site, name)), { recursive: true })
    writeFileSync(join(site, name), text)
  }
}

const other = '<h1 id="top">x</h1><a href="../index.html#a%20b">up</a>'

describe('the links of a site', () => {
  it('may lead to files, folders with an index, anchors and other hosts', () => {
    write({
      'index.html': `<p id="a b"></p><a href="docs/#top">1</a><a href="docs/index.html?x=1#top">2</a><a href="#a b">3</a>
        <a href="https://example.org/nowhere">4</a><img src="docs/x.svg"><source srcset="docs/x.svg"><a href="">5</a>`,
      'docs/index.html': other,
      'docs/x.svg': '',
    })
    expect(brokenLinks(site)).toEqual([])
  })

  it.each([
    ['none.html', 'leads nowhere'],
    ['docs/#bottom', 'names an anchor that is not there'],
    ['#bottom', 'names an anchor that is not there'],
    ['docs/notes.md', 'leads to a source, which is not a page'],
    ['../outside.html', 'leaves the site'],
    ['/docs/index.html', 'does not work below another path'],
    ['file:///docs/index.html', 'does not work below another path'],
  ])('may not be %s', (link, problem) => {
    write({
      'index.html': `<p id="a b"></p><a class="x" href="${link}">1</a>`,
      'docs/index.html': other,
      'docs/notes.md': '',
    })
    expect(brokenLinks(site)).toEqual([`index.html: ${link} ${problem}`])
  })
})
