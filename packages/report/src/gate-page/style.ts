import { DARK, LIGHT, variables } from './palette.ts'

const RESULTS = ['approve', 'reject', 'inconclusive', 'skipped']

const SHADES = LIGHT.shades
  .map((_, index) => `.s${index}{fill:var(--shade-${index})}.i${index}{fill:var(--shade-ink-${index})}`)
  .join('')

const RESULT_CLASSES = RESULTS.map(
  (result) => `.${result}{--mark:var(--${result});--mark-ground:var(--${result}-ground)}`,
)

/** The look of the page: light or dark as the reader's system is, one column on a phone, light on paper. */
export const STYLE = `
:root{color-scheme:light dark;${variables(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%;overflow-wrap:anywhere}
header,main,footer{max-width:1040px;margin:0 auto;padding:0 24px}
header{padding-top:32px}
footer{padding-top:24px;padding-bottom:48px;color:var(--quiet);font-size:14px}
h1,h2,h3{line-height:1.3;text-wrap:balance}
h1{font-size:24px;font-weight:650;margin:12px 0 0;letter-spacing:-.01em;text-wrap:pretty}
h2{font-size:20px;font-weight:650;margin:0 0 4px}
h3{font-size:16px;font-weight:600;margin:0}
p{margin:0}
a{color:var(--link);text-underline-offset:2px}
a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}
section{margin-top:48px}
.quiet,.lead{color:var(--quiet)}
.lead{font-size:14px;margin-bottom:16px;max-width:92ch}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
${RESULT_CLASSES.join('\n')}
${SHADES}
.verdict{background:var(--mark-ground);border-left:6px solid var(--mark);border-radius:8px;padding:20px 24px 22px;margin-top:16px}
.chip{display:inline-flex;align-items:center;gap:6px;color:var(--mark);font-size:14px;font-weight:600;white-space:nowrap;line-height:1.4}
.results{font-size:14px;line-height:1.4}
.chip svg{width:14px;height:14px;flex:none}
.badge{font-size:16px;gap:8px}
.badge svg{width:22px;height:22px}
.facts{display:flex;flex-wrap:wrap;gap:14px 44px;margin:20px 0 0}
.facts div,.amounts div{min-width:0}
dt{color:var(--quiet);font-size:13px}
dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.notes{margin:20px 0 0;padding-left:20px}
.notes li{margin-top:4px;overflow-wrap:anywhere}
nav{margin-top:20px;padding-top:12px;border-top:1px solid var(--line);font-size:14px;display:flex;flex-wrap:wrap;gap:6px 20px}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--quiet);font-size:14px;padding-bottom:8px}
th,td{text-align:left;padding:10px 16px 10px 0;border-bottom:1px solid var(--line);vertical-align:middle;overflow-wrap:anywhere}
th:last-child,td:last-child{padding-right:0}
thead th{font-size:13px;font-weight:600;color:var(--quiet);vertical-align:bottom;padding-top:0;overflow-wrap:normal}
tbody th{font-weight:600;min-width:7em}
.n{text-align:right;white-space:nowrap}
.delta b{font-weight:600}
.plot{width:36%;min-width:220px}
td.plot,th.plot{padding-left:8px}
.bounds{display:block;color:var(--quiet);font-size:13px}
.delta i{font-style:normal;color:var(--quiet)}
svg{display:block;overflow:visible}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;font-variant-numeric:tabular-nums;fill:var(--quiet)}
.interval{width:100%}
.interval .ok{fill:var(--allowed)}
.interval .axis{stroke:var(--line)}
.interval .zero{stroke:var(--quiet)}
.interval .limit{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:3 3}
.interval .whisker{stroke:var(--mark);stroke-width:2.5;stroke-linecap:round}
.interval .dot{fill:var(--mark);stroke:var(--ground);stroke-width:1.5}
.interval .dot.hollow{fill:var(--ground);stroke:var(--mark);stroke-width:2.5}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;color:var(--quiet);font-size:13px;margin:12px 0 0;padding:0;list-style:none}
.legend li{display:flex;align-items:center;gap:8px}
.legend svg{width:28px;height:14px;flex:none}
.rules{list-style:none;margin:12px 0 0;padding:0}
.rules>li{border-top:1px solid var(--line);padding:14px 0;display:grid;grid-template-columns:150px minmax(0,1fr);gap:2px 24px}
.rules>li:last-child{border-bottom:1px solid var(--line)}
.rules .chip{grid-row:span 3;align-self:start;align-items:start;padding-top:2px;white-space:normal}
.rules .chip svg{margin-top:3px}
.rules p,.rules h3{grid-column:2;overflow-wrap:anywhere}
.meta{color:var(--quiet);font-size:13px;display:flex;flex-wrap:wrap;gap:0 20px}
.bars{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:3px 10px;align-items:center;font-size:14px;line-height:1.25}
.bars svg{width:100%;height:8px}
.bars .track{fill:var(--panel)}
.candidate{fill:var(--candidate)}
.champion{fill:var(--champion)}
.bars span:last-of-type{color:var(--quiet)}
.only span:last-of-type{color:inherit}
.maps{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,320px),1fr));gap:24px 40px}
figure{margin:0;min-width:0}
figcaption{font-weight:600;margin-bottom:8px}
.map{width:100%;height:auto}
.map .share{font-size:15px;font-weight:600}
.map .cell{stroke:var(--ground);stroke-width:2}
.map .hit{stroke:var(--ink);stroke-width:1.5;fill:none}
.map text.label{fill:var(--ink);font-size:13px}
.amounts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:16px;margin:0}
.amounts div{background:var(--panel);border-radius:8px;padding:14px 16px}
.amounts dd{font-size:22px;font-weight:650;line-height:1.35;letter-spacing:-.01em}
.amounts dd+dd{font-size:13px;font-weight:400;color:var(--quiet);letter-spacing:0}
details{margin-top:12px}
summary{cursor:pointer;color:var(--link);font-size:14px;padding:4px 0}
.methods>div{border-top:1px solid var(--line);padding:14px 0 16px;scroll-margin-top:16px}
.methods>div:target{background:var(--panel);box-shadow:0 0 0 12px var(--panel);border-radius:1px}
.formula{font:16px/1.7 "Cambria Math",Cambria,"STIX Two Math",Georgia,"Times New Roman",serif;margin:6px 0;padding-left:14px;border-left:3px solid var(--line);overflow-wrap:anywhere}
.formula sub{font-size:.72em;line-height:0}
.source{color:var(--quiet);font-size:14px}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:24px}
.pictures img{display:block;width:100%;height:auto;background:#fff;border:1px solid var(--line);border-radius:6px}
.facts-table th{width:190px;font-weight:400;color:var(--quiet);vertical-align:top}
.facts-table td{vertical-align:top}
.facts-table code{display:block}
.sub{margin-top:28px}
@media (max-width:720px){
header,main,footer{padding-left:16px;padding-right:16px}
header{padding-top:20px}
h1{font-size:20px}
section{margin-top:40px}
.verdict{padding:16px 16px 18px}
.facts{display:grid;grid-template-columns:minmax(0,1.15fr) minmax(0,1fr);gap:14px 16px}
.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stack,.stack tbody,.stack caption{display:block}
.stack tr{display:grid;grid-template-columns:repeat(12,minmax(0,1fr));gap:6px 12px;align-items:baseline;border-bottom:1px solid var(--line);padding:14px 0}
.stack th,.stack td{border:0;padding:0;grid-column:span 3;text-align:left}
.stack td.third{grid-column:span 4}
.stack td.delta{grid-column:span 6;white-space:normal}
.stack tbody th,.stack .wide{grid-column:1/-1}
.stack td.value{grid-column:span 6;text-align:left}
.stack td.half.results{grid-column:span 6}
.stack .wide{order:1}
.stack td.wide.results{order:2}
.stack tbody th.half{grid-column:span 8}
.stack td.half{grid-column:span 4;text-align:right}
.stack td[data-label]::before{content:attr(data-label);display:block;color:var(--quiet);font-size:13px;line-height:1.3}
.stack .plot{width:auto;min-width:0}
.stack td[data-unit]::after{content:" " attr(data-unit)}
.amounts{gap:12px}
.amounts div{padding:12px}
.amounts dd{font-size:20px}
.legend{margin-top:14px}
dd{font-size:15px}
.rules>li{grid-template-columns:minmax(0,1fr)}
.rules p,.rules h3{grid-column:1}
.rules .chip{grid-row:auto}
.facts-table tr{display:block;border-bottom:1px solid var(--line);padding:8px 0}
.facts-table th,.facts-table td{display:block;width:auto;padding:0;border:0}
.facts-table th{font-size:13px}
}
@media print{
:root{color-scheme:light;${variables(LIGHT)}}
body{print-color-adjust:exact;-webkit-print-color-adjust:exact}
nav{display:none}
section{margin-top:24px}
tr,figure,.rules>li,.methods>div,.verdict,.amounts div{break-inside:avoid}
h2,figcaption{break-after:avoid}
details::details-content{content-visibility:visible;height:auto;display:block}
summary{display:none}
}
`
