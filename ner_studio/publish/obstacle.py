"""What keeps everybody, or a visitor who is not signed in, from publishing from this page."""

from ner_core.errors import PublishError
from ner_core.hub.reachability import Reach, known_reach
from ner_core.hub.sign_in import signed_in_token
from ner_core.system.space import on_space
from ner_studio.base import markup, rights, sign_in

_WHY: dict[Reach, str] = {
    "unreachable": "The Hub can't be reached now. Check the network to publish.",
    "offline": (
        "The Hub is not used, because HF_HUB_OFFLINE is set. Unset it and start NER Studio again "
        "to publish."
    ),
}


def obstacle() -> str:
    """Return why nothing can be published now and what to do, as HTML; "" if nothing is known.

    The Hub is not asked: what the page knows of it counts.
    """
    visitor, reach = rights.current_visitor(), known_reach()
    if on_space() and not visitor.token:
        return sign_in.to_publish()
    text = _WHY.get(reach, "") if reach else ""
    if not (text or on_space()):
        try:
            signed_in_token()
        except PublishError as error:
            text = str(error)
    return f'<p class="ner-quiet" role="status">{markup.escape(text)}</p>' if text else ""
