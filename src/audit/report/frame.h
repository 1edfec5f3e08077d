// What stands around the words of the HTML report: its policy, its look on screen and paper, its filters.
#pragma once

#include <string_view>

namespace gatehouse::audit::report {

// The policy lets this file run its own few lines of script and nothing else: no request leaves it.
inline constexpr std::string_view kHead = R"(<!doctype html><html lang=en><meta charset=utf-8>
<meta name=viewport content="width=device-width,initial-scale=1">
<meta http-equiv=Content-Security-Policy content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<style>
:root{color-scheme:light dark;--page:#fff;--text:#1a1c1f;--soft:#5a616a;--line:#d9dde2;--well:#f4f5f7;--link:#0b5394;
--c4:#a30f38;--c3:#d1480c;--c2:#e0a100;--c1:#1971c2;--c0:#868e96;--good:#1f7a31;--fair:#e0a100;--poor:#a30f38}
@media(prefers-color-scheme:dark){:root{--page:#14161a;--text:#e8eaed;--soft:#a3abb5;--line:#343a42;--well:#1e2127;--link:#8ec5ff;
--c4:#f2527d;--c3:#fb8a4b;--c2:#f2b632;--c1:#5aaefa;--c0:#98a1ab;--good:#51cf66;--fair:#f2b632;--poor:#f2527d}}
*{box-sizing:border-box}
body{font:16px/1.55 system-ui,sans-serif;max-width:66rem;margin:0 auto;padding:2rem 1.25rem 4rem;background:var(--page);color:var(--text);overflow-wrap:anywhere}
h1{font-size:1.9rem;line-height:1.2;margin:0}h2{font-size:1.3rem;margin:2.6rem 0 .8rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}
a{color:var(--link)}.meta{color:var(--soft);margin:.3rem 0 0}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:1.1rem 0 0;font-size:.92rem}
.gap{max-width:46rem;border-left:4px solid var(--poor);padding:.4rem .8rem;font-weight:700}.lead{max-width:46rem;font-size:1.05rem}.sum{color:var(--soft);font-size:.92rem}
.charts{display:grid;grid-template-columns:9rem minmax(10rem,12rem) minmax(0,1fr);gap:1.5rem 2.4rem;align-items:start}
.ring{width:9rem}.ring circle{fill:none;stroke-width:12}.ring .track{stroke:var(--line)}
.ring .value{stroke:var(--good)}.ring.fair .value{stroke:var(--fair)}.ring.poor .value{stroke:var(--poor)}
.ring text{fill:var(--text);text-anchor:middle;font:12px system-ui,sans-serif}.ring .grade{font-size:36px;font-weight:700}
figure{margin:0;min-width:0}figcaption{font-weight:600;margin-bottom:.4rem}
.chart{list-style:none;margin:0;padding:0;font-size:.87rem;display:grid;gap:.28rem}
.chart li{display:grid;grid-template-columns:4rem minmax(0,1fr) 1.6rem;gap:.6rem;align-items:center}
.chart.cats li{grid-template-columns:minmax(0,21rem) minmax(3rem,1fr) 1.6rem}.chart li>b{font-variant-numeric:tabular-nums}
.chart .track{display:flex;height:.85rem;background:var(--well);border-radius:3px;overflow:hidden}
.s4{--c:var(--c4)}.s3{--c:var(--c3)}.s2{--c:var(--c2)}.s1{--c:var(--c1)}.s0{--c:var(--c0)}.chart i{background:var(--c)}
.bar{position:sticky;top:0;background:var(--page);padding:.6rem 0;display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;z-index:1;border-bottom:1px solid var(--line)}
.bar input[type=search]{flex:1 1 13rem;font:inherit;padding:.35rem .6rem;border:1px solid var(--soft);border-radius:6px;background:var(--page);color:inherit}
.bar label{white-space:nowrap}.bar button{font:inherit;font-size:.9rem;padding:.25rem .7rem;border:1px solid var(--soft);border-radius:6px;background:var(--well);color:inherit;cursor:pointer}
#count{color:var(--soft);margin-left:auto}:focus-visible{outline:3px solid var(--link);outline-offset:2px}
details.f{border:1px solid var(--line);border-left:5px solid var(--c);border-radius:6px;margin:.6rem 0;padding:.5rem .9rem;scroll-margin-top:4rem}
summary{cursor:pointer;display:flex;flex-wrap:wrap;gap:.1rem .7rem;align-items:baseline}.sev{text-transform:uppercase;font-size:.72rem;letter-spacing:.06em;min-width:4.6rem}
.sev::before{content:'';display:inline-block;width:.62rem;height:.62rem;border-radius:2px;background:var(--c);margin-right:.4rem}
.id{font:.92rem ui-monospace,monospace;min-width:5rem}.title{flex:1 1 16rem;font-weight:500}
dl{display:grid;grid-template-columns:8rem minmax(0,1fr);gap:.4rem 1rem;margin:.8rem 0 .4rem}dt{font-weight:600;color:var(--soft)}dd{margin:0}
pre,code{font:.88rem/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}pre{margin:0 0 .3rem;white-space:pre-wrap;background:var(--well);padding:.4rem .6rem;border-radius:4px}
pre.copy{user-select:all;-webkit-user-select:all;margin:.4rem 0 1rem}
table{border-collapse:collapse;width:100%;font-size:.93rem}td,th{border-bottom:1px solid var(--line);padding:.4rem .6rem .4rem 0;text-align:left;vertical-align:top}th{color:var(--soft);font-weight:600;white-space:nowrap}
.yes{color:var(--good);font-weight:700}.no{color:var(--poor);font-weight:700}.open{color:var(--soft)}.yes,.no,.open{white-space:nowrap}ol.work li{margin:.4rem 0}
@media(max-width:56rem){.charts{grid-template-columns:9rem minmax(0,1fr)}.wide{grid-column:1/-1}}
@media(max-width:40rem){.charts{grid-template-columns:minmax(0,1fr)}.ring{justify-self:center}.bar{position:static}.chart.cats li{grid-template-columns:minmax(0,1fr) 5rem 1.6rem}
dl{grid-template-columns:minmax(0,1fr);gap:.1rem}dt{margin-top:.5rem}table,tbody,tr,td{display:block;width:100%}tr:has(th){display:none}td{border:0;padding:.05rem 0}tr{border-bottom:1px solid var(--line);padding:.5rem 0}}
@page{margin:16mm 14mm;@bottom-right{content:counter(page) " / " counter(pages);font:9pt system-ui,sans-serif}}
@media print{:root{color-scheme:light;--page:#fff;--text:#000;--soft:#444;--line:#bbb;--well:#f2f2f2;--link:#000;--c4:#a30f38;--c3:#d1480c;--c2:#e0a100;--c1:#1971c2;--c0:#868e96;--good:#1f7a31;--poor:#a30f38}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.bar,nav{display:none}body{max-width:none;padding:0;font-size:10.5pt}h2{break-after:avoid}tr,li,svg,figure,dd,summary{break-inside:avoid}summary{break-after:avoid}
details.f{break-inside:auto;box-decoration-break:clone;-webkit-box-decoration-break:clone}a{text-decoration:none}}
</style>
)";

// Filters by severity, words and what the edge can close; opens what a link leads to, and everything for paper.
inline constexpr std::string_view kScript = R"(<script>
const list=[...document.querySelectorAll('details.f')],q=document.getElementById('q'),edge=document.getElementById('edge'),
boxes=[...document.querySelectorAll('.bar input[data-s]')],count=document.getElementById('count'),none=document.getElementById('none'),all=document.getElementById('all');
function show(){const on=new Set(boxes.filter(b=>b.checked).map(b=>b.dataset.s)),w=q.value.toLowerCase().split(' ');let n=0;
for(const d of list){const v=on.has(d.dataset.s)&&w.every(x=>d.dataset.t.includes(x))&&(!edge.checked||d.dataset.edge==='yes');d.hidden=!v;n+=v&&+d.dataset.n}
count.textContent=n+' of '+list.reduce((s,d)=>s+ +d.dataset.n,0);none.hidden=n>0||!list.length}
function open(){const d=document.getElementById(decodeURIComponent(location.hash.slice(1)));if(d&&d.tagName==='DETAILS'){d.open=true;if(d.hidden){q.value='';edge.checked=false;boxes.forEach(b=>b.checked=true);show()}d.scrollIntoView()}}
for(const b of [...boxes,edge])b.addEventListener('change',show);q.addEventListener('input',show);
all.addEventListener('click',()=>{const on=list.some(d=>!d.hidden&&!d.open);list.forEach(d=>{if(!d.hidden)d.open=on})});
addEventListener('keydown',e=>{if(e.key==='/'&&document.activeElement!==q){e.preventDefault();q.focus()}if(e.key==='Escape'&&document.activeElement===q){q.value='';show()}});
let was;addEventListener('beforeprint',()=>{was=list.map(d=>[d,d.open,d.hidden]);list.forEach(d=>{d.open=true})});
addEventListener('afterprint',()=>was&&was.forEach(([d,o])=>{d.open=o}));addEventListener('hashchange',open);show();open();
</script>
)";

}  // namespace gatehouse::audit::report
