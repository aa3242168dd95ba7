// Plots follow the width of their place, and say to assistive technology what they are.

const NARROW = 640; // pixels

function fitPlot(plot) {
  const width = plot.clientWidth;
  if (!width || !window.Plotly) return; // nobody sees it
  const { wide, narrow } = plot.layout.meta || {};
  const wanted = width < NARROW ? narrow : wide;
  if (wanted && plot.layout.height !== wanted.height) Plotly.relayout(plot, { ...wanted, autosize: true });
  else if (Math.abs(width - plot._fullLayout.width) > 1) Plotly.Plots.resize(plot);
}

function adoptPlot(plot) {
  if (plot.isAdopted || !plot._fullLayout) return;
  plot.isAdopted = true;
  plot.setAttribute('role', 'figure');
  plot.setAttribute('aria-label', plot.querySelector('.gtitle tspan, .gtitle')?.textContent || 'Plot');
  plot.on('plotly_afterplot', () => fitPlot(plot));
  new ResizeObserver(() => fitPlot(plot)).observe(plot);
}

function adoptPlots() {
  document.querySelectorAll('.js-plotly-plot').forEach(adoptPlot);
}

new MutationObserver(adoptPlots).observe(document.body, { childList: true, subtree: true });
adoptPlots();
