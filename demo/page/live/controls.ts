import type { Status } from '../../live/message.ts';
import { byId, html, onClick } from '../element.ts';

const faults = ['stop-broker', 'start-broker', 'oversize', 'missing-topic', 'make-topic'] as const;

/** The buttons that make traffic and faults. */
export class Controls {
  constructor() {
    for (const fault of faults) onClick(fault, () => post(fault));
    for (const button of this.#rates()) {
      button.addEventListener('click', () => post(`replay?value=${button.dataset.rate ?? '0'}`));
    }
  }

  show({ broker, replay }: Status): void {
    html('faults').hidden = broker === 'external';
    byId('stop-broker', HTMLButtonElement).disabled = broker !== 'running';
    byId('start-broker', HTMLButtonElement).disabled = broker !== 'stopped';
    for (const button of this.#rates()) {
      const pressed = String(button.dataset.rate === String(replay));
      if (button.getAttribute('aria-pressed') !== pressed) button.setAttribute('aria-pressed', pressed);
    }
  }

  #rates(): NodeListOf<HTMLElement> {
    return document.querySelectorAll<HTMLElement>('[data-rate]');
  }
}

const post = (action: string): void => void fetch(`/do/${action}`, { method: 'POST' });
