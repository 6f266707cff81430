// @ts-check
// A package that has a picture shows it in its README, light or dark as the page is. `pnpm pictures` draws them.

const titleOf = (svg) => /<title[^>]*>(.*?)<\/title>/.exec(svg)?.[1]?.replaceAll('"', '&quot;') ?? ''

const shown = (folder, title) => `<picture>
  <source media="(prefers-color-scheme: dark)" srcset="../../../docs/pictures/${folder}-dark.svg">
  <img alt="${title}" src="../../../docs/pictures/${folder}-light.svg">
</picture>
`

const old = /<picture>\n[\s\S]*?<\/picture>\n/

export const pictures = ({ packages, files }, readText) =>
  packages
    .filter(({ dir, readme }) => readme !== undefined && /^packages\/[a-z]+\/[a-z0-9-]+$/.test(dir))
    .filter(({ folder }) => files.includes(`docs/pictures/${folder}-light.svg`))
    .flatMap(({ dir, folder, readme }) => {
      const picture = shown(folder, titleOf(readText(`docs/pictures/${folder}-light.svg`)))
      if (readme.includes(picture)) return []
      const patch = old.test(readme)
        ? readme.replace(old, picture)
        : readme.replace('\n## When to use it', `\n${picture}\n## When to use it`)
      return [
        {
          file: `${dir}/README.md`,
          rule: 'picture',
          problem: `does not show docs/pictures/${folder}-light.svg and its dark twin`,
          fix: 'run `pnpm check --fix`',
          patch,
        },
      ]
    })
