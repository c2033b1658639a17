"""What gunicorn serves: ``gunicorn benchmarks.served:true``."""

from . import apps

plain = apps.plain_flask()
true = apps.true_dash().server
