// The chat: questions are answered without leaving the page. Without this script the same form loads the same answer.

import { answerInPage } from "./conversation.js";
import { showCards } from "./card.js";
import { openSources } from "./panel.js";

answerInPage();
openSources();
showCards();
