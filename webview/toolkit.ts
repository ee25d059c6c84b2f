/**
 * The only module that knows @vscode/webview-ui-toolkit (archived upstream), so that it can be replaced in one place.
 * Each function answers an element of the toolkit's, typed by the little that the panels use.
 */
import './cspNonce';
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';

import { h } from './dom';
import { type IconName, icon } from './icons';

provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeProgressRing(), vsCodeTextField());

export interface ButtonElement extends HTMLElement {
  disabled: boolean;
}

export interface TextFieldElement extends HTMLElement {
  value: string;
  select(): void;
}

export function button(
  label: string,
  run: () => void,
  appearance: 'primary' | 'secondary' | 'icon' = 'secondary',
): ButtonElement {
  const element = document.createElement('vscode-button') as ButtonElement;
  element.setAttribute('appearance', appearance);
  element.textContent = label;
  element.addEventListener('click', () => {
    if (!element.disabled) run();
  });
  return element;
}

/**
 * A button whose words go where there is no room for them (styles/toolbar.css); they stay its name. The toolkit makes
 * every svg and span that it is given as small as an icon, hence the div.
 */
export function iconButton(
  name: IconName,
  label: string,
  run: () => void,
  appearance: 'primary' | 'secondary' = 'secondary',
): ButtonElement {
  const element = button('', run, appearance);
  element.setAttribute('aria-label', label);
  element.title = label;
  element.append(h('div', { class: 'icon-label' }, icon(name), h('span', { class: 'word' }, label)));
  return element;
}

/** `input` is called at every keystroke. */
export function textField(label: string, placeholder: string, input: (value: string) => void): TextFieldElement {
  const element = document.createElement('vscode-text-field') as TextFieldElement;
  element.setAttribute('aria-label', label);
  element.setAttribute('placeholder', placeholder);
  element.addEventListener('input', () => input(element.value));
  return element;
}

export function progressRing(label: string): HTMLElement {
  const element = document.createElement('vscode-progress-ring');
  element.setAttribute('aria-label', label);
  return element;
}
