/** The one style sheet of all pages. Its digest is in the content policy, so no page carries styles of its own. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1b1f;--soft:#55555f;--line:#c9c9d1;--panel:#f4f4f7;--good:#146c2e;--bad:#b3261e;--accent:#0b57d0;--on-accent:#fff;--mark:#fff3c4}
@media (prefers-color-scheme:dark){:root{--bg:#131316;--fg:#e6e6ea;--soft:#b4b4be;--line:#45454f;--panel:#1d1d22;--good:#7ddb95;--bad:#f2b8b5;--accent:#a8c7fa;--on-accent:#0b2a5b;--mark:#4a3f10}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:1rem/1.5 system-ui,sans-serif}
main,footer{max-width:58rem;margin:0 auto;padding:1rem 1rem 0}
h1{font-size:1.6rem;line-height:1.25;margin:.25rem 0 .75rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.25rem 0 .5rem;border-top:1px solid var(--line);padding-top:1.25rem}
h3{font-size:1rem;margin:1.5rem 0 .25rem}
p{margin:.5rem 0}
p,dd,li,td,th,caption,summary{overflow-wrap:break-word}.mono,pre,dd{overflow-wrap:anywhere}th .mono{overflow-wrap:break-word}
code,pre,.mono{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em}
pre{white-space:pre-wrap;background:var(--panel);padding:.75rem;border-radius:.4rem;margin:.25rem 0}
.soft{color:var(--soft)}.of{color:var(--soft);font-weight:400}
.good{color:var(--good)}.bad{color:var(--bad)}
.eyebrow{margin:.5rem 0 0;color:var(--soft)}.eyebrow strong{color:var(--fg)}
.panel{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.25rem 1rem;margin:1rem 0}
.panel.bad{color:var(--fg);border:2px solid var(--bad)}.stamp{font-size:1.6rem;color:var(--bad)}
.panel.note{border-left:.4rem solid var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.75rem;margin:1rem 0}
.tiles>div{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.6rem 1rem}
.tiles dd{margin:0}.tiles strong{display:block;font-size:1.15rem;line-height:1.4}
.seats{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem;padding:0;margin:.5rem 0}
.seats li{border:1px solid var(--line);border-radius:1rem;padding:.1rem .75rem}
.seats .you{border-color:var(--accent)}
.change del,.change ins{font-size:1.1rem;font-weight:600;padding:0 .35rem;border-radius:.25rem}
.track{list-style:none;padding:0;margin:1rem 0;display:grid;grid-auto-flow:column;grid-auto-columns:1fr;gap:.5rem}
.track li{border-top:.4rem solid var(--line);padding:.4rem .25rem 0 0}.track strong{display:block}
.track .passed{border-color:var(--good)}.track .now{border-color:var(--accent)}.track .ended{border-color:var(--bad)}
.timeline{list-style:none;padding:0;margin:.5rem 0}.timeline>li{border-left:3px solid var(--line);padding:0 0 1rem 1rem}.timeline>li:last-child{padding-bottom:0}
.scroll{overflow-x:auto;margin:.5rem 0 1rem}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:var(--soft);padding-bottom:.25rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:400}
th[scope=row]{font-weight:600}
td{font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1rem;margin:.5rem 0}
dl>dt{grid-column:1}dl>dd{grid-column:2}
dt{color:var(--soft)}dd{margin:0}
del{background:none;color:var(--bad)}ins{background:var(--mark);text-decoration:underline;color:inherit}
details{margin:.5rem 0}summary{cursor:pointer;padding:.35rem 0;font-weight:600}
details.passage{margin:0;min-width:min(24rem,30vw)}details.passage summary{padding:0}details.passage pre{font-weight:400}
figure{margin:.75rem 0}figcaption{color:var(--soft)}
svg{width:100%;height:auto;max-width:32rem;display:block}
svg text{fill:var(--fg);font-size:13px;font-family:system-ui,sans-serif}
svg .soft{fill:var(--soft)}
svg .named{font-weight:600;paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}
svg .grid{stroke:var(--line);stroke-width:.5}
svg .zero{stroke:var(--soft);stroke-dasharray:2 3}
svg .front{fill:none;stroke:var(--soft);stroke-dasharray:4 3}
svg .dropped{fill:none;stroke:var(--soft);stroke-width:1.2}
svg .kept{fill:var(--bg);stroke:var(--accent);stroke-width:1.5}
svg .listed{fill:var(--accent)}
svg .won{fill:var(--good);stroke:var(--bg)}
svg .baseline{fill:var(--fg)}
svg .limit{stroke:var(--fg);stroke-width:2}
svg .range{stroke:var(--good);stroke-width:4}
svg .seen,svg .beyond{fill:var(--good)}svg .seen{stroke:var(--bg);stroke-width:1.5}
svg .range.fails{stroke:var(--bad)}svg .seen.fails,svg .beyond.fails{fill:var(--bad)}
svg .lim{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:6 3}svg .edge{stroke:var(--soft)}svg text.bad{fill:var(--bad)}
svg .band{fill:var(--panel)}
svg .between{fill:var(--accent);fill-opacity:.18;stroke:none}
svg .course{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}
svg .course.fails{stroke:var(--bad)}svg .between.fails{fill:var(--bad)}
.live{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1rem;margin:.25rem 0}.live button{min-height:2rem;padding:.1rem .9rem;margin:0;background:var(--bg);color:var(--accent)}
form{margin:1rem 0;border:1px solid var(--line);border-radius:.5rem;padding:0 1rem 1rem}
label{display:block;margin:.75rem 0 .25rem}
label.check{display:flex;gap:.6rem;align-items:flex-start}
input[type=checkbox]{width:1.4rem;height:1.4rem;flex:none;margin:.1rem 0 0;accent-color:var(--accent)}
textarea{width:100%;min-height:5rem;font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:.4rem;padding:.5rem}
select{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:.4rem;min-height:2.75rem;max-width:100%;padding:.3rem .5rem}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;border-radius:.4rem;border:2px solid var(--accent);background:var(--accent);color:var(--on-accent);cursor:pointer;margin-top:.75rem}
button.no{background:var(--bg);color:var(--bad);border-color:var(--bad)}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-100rem}.skip:focus{position:static;display:inline-block;padding:.5rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0;margin:.5rem 0}
.legend svg{width:1rem;height:1rem;display:inline-block;vertical-align:-.15rem;margin-right:.3rem}
footer{margin-top:3rem;padding-bottom:2rem;font-size:.9rem}
@media (max-width:58rem){table:not(.data) :is(th[scope=row],.path,th .mono){overflow-wrap:anywhere}}
@media (min-width:40rem) and (max-width:58rem){table:not(.data) th[scope=row]{min-width:6.5rem}.path{display:inline-block;min-width:8.5rem}}
@media (max-width:40rem){h1{font-size:1.35rem}
.track{grid-auto-flow:row;gap:0}.track li{border-top:0;border-left:.4rem solid var(--line);padding:.25rem 0 .5rem .75rem}
dl:not(.short,.tiles){grid-template-columns:1fr;gap:0}dl:not(.short,.tiles)>dd{grid-column:1}dl:not(.short,.tiles)>:is(dd:last-child,dd:has(+dt)){margin-bottom:.5rem}
thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table,caption,tbody,tr,th,td{display:block}
tr{border-bottom:1px solid var(--line);padding:.5rem 0}
th,td{border:0;padding:.1rem 0}
td{display:grid;grid-template-columns:6.5rem 1fr;gap:.75rem}
td::before{content:attr(data-label);color:var(--soft)}}
.lead{font-size:1.1rem}
.tiles.four{grid-template-columns:repeat(auto-fit,minmax(12.5rem,1fr))}
.look{border:1px solid var(--line);border-left:.4rem solid var(--bad);border-radius:.5rem;padding:.4rem 1rem;margin:1rem 0}
.look h2{font-size:1rem;margin:.2rem 0;padding:0;border:0}.look ol{margin:.3rem 0;padding-left:1.2rem}.look li{margin:.35rem 0}
.case{border-left:3px solid var(--line);padding-left:.75rem}.case summary .of{font-weight:400}
.context{padding-left:1.5rem}.context li{padding:.2rem 0;border-bottom:1px solid var(--line)}
@media print{form,nav,.skip{display:none}details:not([open])::details-content{content-visibility:visible;block-size:auto}.case,svg,tr{break-inside:avoid}}
`.trim()
