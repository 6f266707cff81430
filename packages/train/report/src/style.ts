/**
 * The look of the page: the reader's own sans-serif, light or dark as the reader's system is, and no file but itself.
 */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fbfbfa;
  --card: #fff;
  --ink: #1b1e23;
  --quiet: #5f6570;
  --rule: #e5e6e8;
  --shade: rgb(0 0 0 / 18%);
  --train: #3b6fd4;
  --test: #d9662b;
  --rate: #2f8f6b;
  --norm: #8a5bc4;
  --hit: #3b6fd4;
  --miss: #c8372d;
  --on-strong: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171b;
    --card: #1d2025;
    --ink: #e9eaec;
    --quiet: #9aa1ad;
    --rule: #31353c;
    --shade: rgb(0 0 0 / 60%);
    --train: #7aa5f5;
    --test: #f09a5f;
    --rate: #63c39d;
    --norm: #b893ea;
    --hit: #6f9df2;
    --miss: #ee7166;
    --on-strong: #10131a;
  }
}
* { box-sizing: border-box }
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1180px; margin: 0 auto; padding: 48px 20px 64px }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.015em; margin: 0; overflow-wrap: anywhere }
h2 { font-size: 19px; letter-spacing: -0.01em; margin: 44px 0 14px }
p { margin: 4px 0 0; color: var(--quiet); overflow-wrap: anywhere }
h2 + p { margin: -10px 0 14px; max-width: 76ch }
small { color: var(--quiet); font-size: 13px }
.warning {
  margin: 14px 0 0;
  padding: 10px 16px;
  border-left: 4px solid var(--miss);
  border-radius: 4px;
  background: var(--card);
  color: var(--ink);
}
.card, .headline div, .samples li { background: var(--card); border: 1px solid var(--rule); border-radius: 12px }
.card { margin: 0 0 14px; padding: 16px 18px }

.headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 14px; margin: 28px 0 14px }
.headline div { padding: 14px 18px }
.headline dt { color: var(--quiet); font-size: 14px }
.headline dd { margin: 0; font-size: 27px; font-weight: 600; letter-spacing: -0.02em; overflow-wrap: anywhere }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 14px; margin-bottom: 14px }
.charts .card { margin: 0 }
figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; margin-bottom: 6px }
.key { color: var(--quiet); font-size: 14px }
.key i { display: inline-block; width: 14px; height: 3px; border-radius: 2px; margin-right: 6px; vertical-align: middle }
.pale i { opacity: 0.5 }
.outside { font-size: 13px }
svg { display: block; width: 100%; height: auto }
svg text { fill: var(--quiet); font-size: 12px }
svg .grid { stroke: var(--rule); fill: none }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round }
svg .faint { fill: none; stroke-width: 1; stroke-opacity: 0.5 }
svg .odd { fill: none; stroke-width: 2 }

/* The shadows at the sides of a table show that it goes on there; those of the card's colour scroll with it and cover them at its ends. */
.wide {
  overflow-x: auto;
  scrollbar-width: thin;
  padding-bottom: 4px;
  background:
    linear-gradient(90deg, var(--card) 40%, transparent) 0 0 / 48px 100% no-repeat local,
    linear-gradient(270deg, var(--card) 40%, transparent) 100% 0 / 48px 100% no-repeat local,
    linear-gradient(90deg, var(--shade), transparent) 0 0 / 16px 100% no-repeat scroll,
    linear-gradient(270deg, var(--shade), transparent) 100% 0 / 16px 100% no-repeat scroll;
}
table { border-collapse: collapse; font-size: 14px }
th { font-weight: 500; text-align: left }
.rows { width: 100% }
.rows th, .rows td { padding: 7px 12px; border-bottom: 1px solid var(--rule); white-space: nowrap }
.rows tbody tr:last-child > * { border-bottom: 0 }
.rows thead th { color: var(--quiet); font-size: 13px }
.number { text-align: right }
.bar {
  display: inline-block;
  width: 72px;
  height: 6px;
  border-radius: 3px;
  margin-right: 10px;
  vertical-align: middle;
  background: linear-gradient(90deg, var(--train) var(--part), var(--rule) var(--part));
}

/* From the worst trial, which is pale, to the best. */
.trials path { fill: none; stroke: color-mix(in oklab, var(--train) var(--part), var(--rule)); stroke-width: 1.5 }
.trials .lost { stroke: var(--miss); stroke-dasharray: 3 4 }
.trials .best, .trials path:hover { stroke: var(--test); stroke-width: 3.5; stroke-dasharray: none }
.trials .axis { stroke: var(--quiet) }
.trials .name { fill: var(--ink); font-weight: 600 }
.trials .tick { paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round }
.rows tr:is(:hover, :focus-within) { background: color-mix(in oklab, var(--test) 14%, transparent) }

.confusion { margin: 0 auto; border-spacing: 2px; border-collapse: separate }
.confusion td { width: 58px; min-width: 44px; height: 38px; text-align: center; border-radius: 5px; padding: 0 4px }
.confusion .hit { background: color-mix(in srgb, var(--hit) var(--part), transparent) }
.confusion .miss { background: color-mix(in srgb, var(--miss) var(--part), transparent) }
.confusion .strong { color: var(--on-strong) }
.confusion .zero { color: var(--quiet) }
.confusion tbody th { padding-right: 12px; text-align: right; white-space: nowrap }
.confusion thead th { height: 104px; vertical-align: bottom; padding: 0 }
.confusion thead span {
  display: block;
  writing-mode: vertical-rl;
  transform: rotate(180deg);
  margin: 0 auto 6px;
  white-space: nowrap;
  line-height: 1.1;
}

.samples {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(132px, 1fr));
  gap: 12px;
  padding: 0;
  margin: 0;
  list-style: none;
}
.samples li { padding: 10px; font-size: 13px; line-height: 1.35 }
.samples img {
  display: block;
  width: 100%;
  aspect-ratio: 1;
  object-fit: contain;
  image-rendering: pixelated;
  background: #000;
  border-radius: 6px;
  margin-bottom: 8px;
}
.samples .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 4px }
.samples li:has(.pair) { grid-column: span 2 }
.samples b { display: block; font-weight: 600 }
.samples i { font-style: normal }
.samples .right { color: var(--rate) }
.samples .wrong { color: var(--miss) }
.samples small { display: block; font-size: 12px; margin-top: 2px }

.facts { display: grid; grid-template-columns: max-content 1fr; gap: 6px 24px; margin: 0 }
.facts dt { color: var(--quiet) }
.facts dd { margin: 0; overflow-wrap: anywhere }
pre { margin: 8px 0 0; font: 14px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere }
summary { cursor: pointer; font-weight: 600 }
details[open] summary { margin-bottom: 8px }
footer { margin-top: 40px; color: var(--quiet); font-size: 14px }

@media (max-width: 560px) {
  main { padding: 28px 14px 48px }
  .card { padding: 14px }
  .rows th, .rows td { padding: 7px 8px }
  .facts { grid-template-columns: 1fr; gap: 0 }
  .facts dd { margin-bottom: 8px }
  .bar { display: none }
  .confusion td { height: 32px; font-size: 13px }
  .samples { grid-template-columns: repeat(auto-fill, minmax(100px, 1fr)); gap: 8px }
  .samples li { padding: 8px }
}
@media print {
  body { background: none }
  .card, .headline div, .samples li { break-inside: avoid }
}
`
