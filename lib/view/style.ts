/**
 * The looks of shapes, light and dark. Blue, amber, red and violet stay apart for the colour-blind. Nobody must tell them apart: what failed
 * has a cross and a line below the row, what was done in part is cut in two, and what is parked has a shape of its own. Paper is light.
 */
export const SHAPES = `svg{--ink:#1c2733;--soft:#515c68;--page:#fff;--band:#f1f4f7;--grid:#dde3e9;--done:#2b7bba;--on-done:#fff;--part:#bd7e00;--fail:#9a2a0c;--on-fail:#fff;--park:#7018c8;--lost:#1c2733;--lane:#dcebf7}
text{fill:var(--ink);font:12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.heading{font-size:16px;font-weight:600}.label{font-weight:600}.tick{fill:var(--soft);font-size:11px}.number{fill:var(--on-done);font-size:11px;font-weight:600}
.page{fill:var(--page);stroke:var(--grid)}.band{fill:var(--band)}.grid{stroke:var(--grid);fill:none}.limit{stroke:var(--fail);stroke-dasharray:6 4;fill:none}
.wait{stroke:var(--fail);stroke-width:1.5;stroke-dasharray:2 3;fill:none}.running{fill:var(--lane);stroke:var(--done)}
.done,.partial{fill:var(--done)}.rest{fill:var(--part)}.failed{fill:var(--fail)}.throttled{fill:var(--page);stroke:var(--soft);stroke-dasharray:2 2}
.checkpoint{fill:var(--done)}.drip{fill:var(--fail)}.split,.cross{fill:none;stroke:var(--ink);stroke-width:1.5}.cross{stroke:var(--on-fail);stroke-width:2}
.lane{fill:var(--lane);stroke:var(--done)}.good{fill:var(--done)}.bad{fill:var(--fail)}
.age{fill:none;stroke:var(--ink);stroke-width:1.5;stroke-linejoin:round}
.parked{fill:var(--park)}.givenUp{fill:var(--fail)}.refused{fill:none;stroke:var(--fail);stroke-width:2}.lost{fill:none;stroke:var(--lost);stroke-width:3}
@media screen and (prefers-color-scheme:dark){svg{--ink:#e6edf3;--soft:#a3b0bd;--page:#0d1117;--band:#171e27;--grid:#2d3742;--done:#5aa9e0;--on-done:#06121d;--part:#f8d45c;--fail:#ea642e;--on-fail:#1d0a02;--park:#a85af6;--lost:#fff;--lane:#14283a}}
`;

/** The page around them. */
export const STYLE = `${SHAPES}:root{color-scheme:light dark;--text:#1c2733;--mute:#515c68;--back:#fff;--edge:#c3ccd6;--focus:#005fcc}
@media screen and (prefers-color-scheme:dark){:root{--text:#e6edf3;--mute:#a3b0bd;--back:#0d1117;--edge:#3b4754;--focus:#6cb6ff}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
main{max-width:1600px;margin:0 auto;padding:16px}h1{font-size:22px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:16px;margin:20px 0 4px}
.sums{margin:0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:0 18px}.sums .bad-news{font-weight:700;background:none}
.bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:12px 0 6px}
.bar button{font:inherit;color:inherit;background:none;border:1px solid var(--edge);border-radius:6px;padding:4px 12px;min-height:36px;min-width:40px;cursor:pointer}
.bar button[aria-pressed=true]{border-color:var(--focus);box-shadow:inset 0 0 0 1px var(--focus)}
.legend,.hint{color:var(--mute);font-size:13px;margin:4px 0}.legend span{display:inline-block;white-space:nowrap;margin-right:12px}.legend svg{width:14px;height:14px;vertical-align:-2px;margin:0 4px 0 1px;overflow:visible}
#plot{position:relative;overflow:hidden;border:1px solid var(--edge);border-radius:8px;cursor:grab;touch-action:pan-y}#plot.drag{cursor:grabbing}
#plot svg{display:block;max-width:100%;user-select:none;-webkit-user-select:none}
#mark{position:absolute;background:none;border:0;padding:0;border-radius:3px;pointer-events:none}#mark:focus{outline:3px solid var(--focus);outline-offset:2px}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
#tip{position:absolute;z-index:1;max-width:min(340px,90%);background:var(--back);border:1px solid var(--edge);border-radius:6px;padding:6px 10px;font-size:13px;white-space:pre-line;overflow-wrap:anywhere;pointer-events:none;box-shadow:0 2px 10px #0004}
#about{white-space:pre-line;overflow-wrap:anywhere;min-height:9em;margin:10px 0;padding-left:12px;border-left:4px solid var(--edge)}
ol{margin:6px 0;padding-left:30px}li{overflow-wrap:anywhere}.sums li{overflow-wrap:normal}[hidden]{display:none}
@media print{.bar,.hint,#tip,#mark,#about{display:none}#plot{border:0;overflow:visible;break-inside:avoid}#plot svg{height:auto}li{break-inside:avoid}main{padding:0}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
