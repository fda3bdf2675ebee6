import type { Markup } from './markup.ts'

/** Readable on paper and on a dark screen; a viewer that knows no media queries shows it light. */
export const STYLE: Markup = {
  text: `<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.head { font-size: 15px; font-weight: 600 }
.quiet { fill: #59636e }
.paper { fill: #ffffff }
.line { stroke: #d1d9e0 }
.fault { fill: #f1818a }
.hold { fill: #bf8700 }
.act { fill: #0969da; stroke: #0969da; stroke-width: 2 }
.up { fill: #8250df; stroke: #8250df }
.hollow { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .quiet { fill: #9198a1 }
  .paper, .hollow { fill: #0d1117 }
  .line { stroke: #3d444d }
  .fault { fill: #b62324 }
  .hold { fill: #d29922 }
  .act { fill: #58a6ff; stroke: #58a6ff }
  .up { fill: #be8fff; stroke: #be8fff }
}
</style>`,
}
