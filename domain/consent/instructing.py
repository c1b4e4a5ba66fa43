"""Instructing: whether a phrase tells somebody what to do, where a thing should be named.

A wish is a short noun phrase. What begins like a command, in any of its parts, or holds a word that
speaks of texts, tasks and requests instead of looks, is none. There are lists for English, German,
French, Spanish, Italian, Portuguese, Dutch, Polish, Russian, Ukrainian, Chinese and Japanese; other
scripts have none, so nothing in them can be told apart (``unlisted``). Words that are also the name
of something to wear stand in no list, or count only before an article.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from domain.kernel.normalising import readings

LISTED: Final = frozenset(
    {"LATIN", "CYRILLIC", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}
)
"""Scripts for which there are lists, as Unicode's names of letters begin."""

_BEGINNINGS: Final = """
    skip discard draw write read stop leave replace remove delete erase create generate render
    produce depict describe imagine do consider assume note remember follow continue begin quit
    cancel reset restart return go come say tell speak answer put give take get let add keep
    swap switch make show use omit be instead now then next first finally please kindly actually
    also but if when unless because after before otherwise henceforth rather don't dont never
    always here there listen attention schreib schreibe lies zeig zeige mach mache erstelle
    ersetze überspringe lass lasse hör höre nimm nutze verwende sag sage beginne lösche entferne
    füge gib stell stelle jetzt dann zuerst lis lisez montrez fais faites crée créez remplace
    remplacez saute sautez laisse laissez arrête arrêtez supprime ajoute affichez dis dites
    maintenant ensuite désormais plutôt lee lea muestra muestre haz haga crea reemplaza
    sustituye salta omite deja deje detente borra elimina añade pon ahora luego leggi mostra fai
    sostituisci lascia ferma smetti cancella aggiungi metti adesso poi leia mostre faz faça cria
    crie substitua deixa deixe pare apague remova ponha agora depois teken lees toon maak
    vervang negeer vergeet laat verwijder zeg teraz potem zrób zostaw usuń dodaj wstaw powiedz
    pokaż najpierw
"""
"""Words that nobody begins the name of a thing with."""

_BEFORE_AN_ARTICLE: Final = """
    paint drop print set turn change cut cross cover play run call open close hide place move
    look picture film frame end display post type mark spell start finish
"""
_ARTICLES: Final = (
    r"(?:a|an|the|all|any|every|this|that|these|those|only|just|me|him|her|us|them|it|everything"
    r"|my|your|his|its|no|nothing|one|two|out|over|off)"
)

_ANYWHERE: Final = r"""
    ignor(?:e|es|ed|ing) disregard\w* forget overrid\w* overrul\w* bypass\w* jailbreak\w*
    pretend obey execute respond reply reveal output repeat translate instructions? prompts?
    system assistant developer texts? tasks? requests? captions? subtitles? sentences?
    paragraphs? commands? messages? questions? read reads write writes writing draw draws says?
    saying tells? told skip discard instead earlier previous beforehand everything anything
    everybody you must should shall would consent moderation watermark\w* policy guardrails?
    ignorier\w* vergiss vergesst missacht\w* anweisung\w* befolge\w* aufgaben? anfragen?
    bildunterschrift\w* untertitel satz sätze\w* bitte stattdessen anstatt zeichne zeichnet
    verwirf ignorez oublie oubliez consignes? textes? requêtes? demandes? légendes? phrases?
    dessine dessinez écris écrivez génère générez ignora ignorad ignore olvida instruccion\w*
    textos? tareas? peticion\w* solicitud\w* leyendas? subtitulos? frases? oracion\w* dibuja\w*
    dibuje escribe escriba descarta dimentica\w* istruzion\w* testo testi compito richiest\w*
    didascali\w* frasi disegna scrivi scarta invece ignorar esqueça instruç\w* tarefas? pedidos?
    legendas? desenha desenhe escreve escreva descarte tekst\w* taak verzoek\w* onderschrift\w*
    zinnen schrijf zadani\w* prośb\w* poleceni\w* podpis\w* napis\w* zdani\w* narysuj\w*
    rysuj\w* namaluj\w* napisz\w* pisz przeczytaj\w* czytaj\w* pomiń\w* zignoruj\w* ignoruj\w*
    odrzuć\w* przestań\w* zapomnij\w* wygeneruj\w* zamiast wcześniejsz\w* poprzedni\w* нарису\w*
    рисуй\w* напиш\w* пиши\w* прочит\w* читай\w* покажи\w* сделай\w* создай\w* замени\w*
    пропусти\w* игнориру\w* отбрось\w* забудь\w* оставь\w* прекрати\w* перестань\w* остановись
    удали\w* добавь\w* скажи\w* сгенериру\w* изобрази\w* вместо теперь сейчас затем потом
    пожалуйста сначала текст\w* задани\w* задач\w* запрос\w* просьб\w* подпис\w* надпис\w*
    предложени\w* инструкц\w* команд\w* систем\w* промпт\w* слова? остальн\w* предыдущ\w*
    намалю\w* малюй\w* зроби\w* створи\w* заміни\w* ігнору\w* відкинь\w* залиш\w* припини\w*
    видали\w* додай\w* замість зараз потім завдан\w* запит\w* підпис\w* речен\w*
"""
"""Words that speak of texts and tasks, or command, wherever they stand."""

_PHRASES: Final = (
    r"act as|do not|don'?t follow|no longer|from now on|as an? (?:ai|model)|(?:new|above) rules?"
    r"|(?:rest|remainder) of|all (?:prior|above|rules|before)|au lieu|en lugar|en vez|por favor"
    r"|in plaats|nouvelle tache|(?<!that )(?<!which )(?:is|are|was|were)"
)
_UNSPACED: Final = """
    忽略 无视 無視 忘记 忘記 跳过 跳過 丢弃 丟棄 舍弃 放弃 不要 请 請 画一 画出 画个 画上 只画
    畫 绘制 写 寫 阅读 读取 停止 输出 輸出 生成 显示 顯示 展示 替换 替換 改为 改成 变成 现在
    現在 然后 然後 而是 代替 文字 文本 任务 任務 请求 請求 标题 標題 字幕 句子 指令 指示 提示
    命令 系统 系統 之前 以上 以下 前面 其余 剩余 真正 说 說 忘れ 描いて 描け 書いて 書け 読む
    読ま 読んで 見せて 表示 作って 代わり 今すぐ 今から 次に 文章 テキスト タスク リクエスト
    キャプション プロンプト システム 以前 ください 下さい しろ せよ やめ 止め スキップ 残り
"""
_PARTS: Final = re.compile(
    r"\s*(?:,|&|\b(?:and|but|or|then|so|und|oder|et|ou|puis|y|e|o|ed|en|i|oraz|и|или|та|або)\b)\s*"
)
_SPELLED: Final = re.compile(r"(?:(?<![^\W_])[^\W_](?![^\W_])[\W_]){3,}")
_SQUEEZED: Final = re.compile(
    r"ignore(?:all|any|the|previous|prior|above|every|what|this|that)|disregard|systemprompt"
    r"|jailbreak|previousinstruction|youarenow|developermode"
)
_SQUEEZED_LETTERS: Final = re.compile(
    r"(?:ignore|skip|discard|draw|write|stop|forget|replace|show|read|say)[a-z]"
)


def _bare(text: str) -> str:
    """Small letters without marks."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def _any_of(words: str) -> str:
    return "|".join(dict.fromkeys(_bare(each) for each in words.split()))


_BEGINS: Final = re.compile(
    rf"(?:(?:{_any_of(_BEGINNINGS)})(?![^\W_]|['-]?\s?up\b)"
    rf"|(?:{_any_of(_BEFORE_AN_ARTICLE)})\s+{_ARTICLES}(?![^\W_]))"
)
_HOLDS: Final = re.compile(rf"(?<![^\W_])(?:{_any_of(_ANYWHERE)}|{_PHRASES})(?![^\W_])")
_HOLDS_UNSPACED: Final = re.compile("|".join(re.escape(each) for each in _UNSPACED.split()))
_BEGINS_UNSPACED: Final = re.compile(r"[画畫写寫读讀说說]")
_DISGUISED: Final = str.maketrans("013457", "oieast")


def instructs(thing: str) -> bool:
    """Whether a phrase commands, or speaks of texts and tasks instead of a look."""
    both = readings(thing)
    spelt = {_bare(thing), *(_bare(each.text) for each in both.different)}
    spelt |= {each.translate(_DISGUISED) for each in spelt}
    return any(_commands(each) for each in spelt) or _in_letters(thing)


def _commands(text: str) -> bool:
    if _HOLDS.search(text) or _HOLDS_UNSPACED.search(text):
        return True
    parts = [each for each in _PARTS.split(text) if each]
    return any(_BEGINS.match(each) or _BEGINS_UNSPACED.match(each) for each in parts)


def _in_letters(thing: str) -> bool:
    """Whether single letters, or all of them, make up a command."""
    letters = re.sub(r"[^a-z]", "", _bare(thing).translate(_DISGUISED))
    if _SQUEEZED.search(letters) or _SQUEEZED.search(re.sub(r"[^a-z]", "", _bare(thing))):
        return True
    return bool(_SPELLED.search(thing) and _SQUEEZED_LETTERS.search(letters))


def unlisted(thing: str) -> bool:
    """Whether a letter is of a script for which there is no list."""
    names = (unicodedata.name(each, "UNKNOWN") for each in thing if each.isalpha())
    return any(each.split(" ")[0] not in LISTED | {"MODIFIER"} for each in names)
