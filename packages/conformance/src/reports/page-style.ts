/** Text and ground of each meaning, light and dark. Every pair that occurs is legible: a test computes the contrast. */
export const PALETTE = {
  light: {
    ground: '#ffffff',
    raised: '#f4f5f7',
    line: '#c9ced6',
    text: '#1a1f27',
    quiet: '#4d5663',
    good: '#0b6b34',
    bad: '#b3141c',
    unsure: '#7a4b00',
  },
  dark: {
    ground: '#14171c',
    raised: '#1e232b',
    line: '#454d5a',
    text: '#e8ebf0',
    quiet: '#aab3c0',
    good: '#5fd38d',
    bad: '#ff8a8a',
    unsure: '#f0bd62',
  },
} as const

type Theme = Readonly<Record<keyof (typeof PALETTE)['light'], string>>

function variables(theme: Theme): string {
  return Object.entries(theme)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')
}

export const STYLE = `
:root{color-scheme:light dark;${variables(PALETTE.light)}}
@media (prefers-color-scheme:dark){:root{${variables(PALETTE.dark)}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1rem 4rem;background:var(--ground);color:var(--text);
font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}
h2{font-size:1.2rem;margin:2.5rem 0 .75rem}
h3{font-size:1rem;margin:0 0 .25rem}
p{margin:.25rem 0}
a{color:inherit}
.verdict{font-size:1.2rem;font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}.unsure{color:var(--unsure)}.quiet{color:var(--quiet)}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.15rem 1rem;margin:1rem 0}
dt{color:var(--quiet)}dd{margin:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);
overflow-wrap:break-word}
th{color:var(--quiet);font-weight:600}
.id{white-space:nowrap}
article{background:var(--raised);border-left:4px solid var(--bad);padding:.75rem 1rem;margin:0 0 1rem}
pre{margin:.5rem 0 0;padding:.6rem .8rem;background:var(--ground);border:1px solid var(--line);overflow-x:auto;
white-space:pre-wrap;font:.85rem/1.45 ui-monospace,monospace}
ul{margin:.25rem 0;padding-left:1.2rem}
details{margin:.25rem 0}
summary{cursor:pointer}
@media (max-width:40rem){table.stack thead{display:none}table.stack tr{display:block;padding:.4rem 0;
border-bottom:1px solid var(--line)}table.stack td{display:block;border:0;padding:0;text-align:left}
table.stack td[data-label]{display:inline-block;margin-right:.75rem}
table.stack td[data-label]::before{content:attr(data-label) ": ";color:var(--quiet)}dl{grid-template-columns:1fr}
dd{margin-bottom:.4rem}}
`
