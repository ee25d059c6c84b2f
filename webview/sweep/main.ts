import { SweepApp } from './app';

const app = document.getElementById('app');
if (!app) throw new Error('The page has no #app to draw in.');
void new SweepApp(app).start();
