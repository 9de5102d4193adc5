import { isDark } from './dark.ts';

/** Loaded before anything is drawn: the colours somebody chose, else the system's. */
const chosen = localStorage.getItem('theme');
if (chosen !== null) document.documentElement.dataset.theme = chosen;

// The live view has the shop beside it where there is room, unless somebody did not want it.
const beside = localStorage.getItem('shop-beside') !== 'no';
document.documentElement.classList.toggle('with-shop', beside);

// The shop in the live view's frame follows the view.
addEventListener('storage', ({ key, newValue }) => {
  if (key === 'theme' && newValue !== null) document.documentElement.dataset.theme = newValue;
});

addEventListener('DOMContentLoaded', () => {
  for (const button of document.querySelectorAll('[data-toggle-theme]')) {
    button.addEventListener('click', () => {
      const theme = isDark() ? 'light' : 'dark';
      document.documentElement.dataset.theme = theme;
      localStorage.setItem('theme', theme);
    });
  }
});
