/** The panel as it ships, in a page without VS Code. The host has to be there before the panel asks for it. */
import './pageHost';
import '../../../webview/main';
