/** What each option of a map does, in one line for people. */
export const OPTION_HELP = {
  eigen: 'less noise: the first principal component of the weighted maps instead of their sum',
  channels: 'how many channels Ablation-CAM and Score-CAM try out, strongest first, or all for the exact map',
  pooling: 'Grad-CAM with its weights on a grid of so many cells a side: finer than one weight for the whole map',
  leak: 'a LeakyReLU of this slope in place of the last ReLU: keeps a trace of what speaks against the class',
} as const;
