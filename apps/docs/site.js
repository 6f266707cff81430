// Pictures come in a light and a dark form. They follow the theme that is chosen here, not only that of the system.
const sources = [...document.querySelectorAll('source[media*="prefers-color-scheme"]')]
const media = sources.map(({ media }) => media)
const follow = () => {
  const { theme } = document.documentElement.dataset
  for (const [i, source] of sources.entries())
    source.media = theme === 'light' || theme === 'dark' ? (media[i].includes(theme) ? 'all' : 'not all') : media[i]
}
new MutationObserver(follow).observe(document.documentElement, { attributeFilter: ['data-theme'] })
follow()

// What scrolls by itself can be reached by the keyboard, and only as long as it scrolls.
const reach = new ResizeObserver((entries) => {
  for (const { target } of entries)
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0
    else target.removeAttribute('tabindex')
})
for (const element of document.querySelectorAll('.wide, pre > code')) reach.observe(element)
